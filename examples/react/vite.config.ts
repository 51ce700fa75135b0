import tapeless from "@tapeless/unplugin/vite";
import { defineConfig } from "vite";

export default defineConfig({ plugins: [tapeless({ target: "wasm" })] });
