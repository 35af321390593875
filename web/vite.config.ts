import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The output obeys `script-src 'self'; style-src 'self'`: no inline script, no inline style, no eval. */
export default defineConfig({
  root: here("."),
  plugins: [react()],
  css: { preprocessorOptions: { scss: { loadPaths: [here("../node_modules")], quietDeps: true } } },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
  },
});
