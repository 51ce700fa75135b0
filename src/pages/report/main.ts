/** The report on one compilation. */
import "../shared/theme.css";
import { element } from "../shared/element.ts";

document.body.append(element("h1", {}, document.title));
