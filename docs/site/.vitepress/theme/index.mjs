/** The theme of the site: VitePress without its own fonts, in the colours and fonts of the pages of tapeless. */
import theme from "vitepress/theme-without-fonts";
import "../../../../src/studio/pages/shared/tokens.css";
import "./site.css";

export default theme;
