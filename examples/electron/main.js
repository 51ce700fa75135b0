// The main process: opens the window, and writes checkpoints to the file that the user selects. Training runs in the
// renderer, which has no access to the system.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { app, BrowserWindow, dialog, ipcMain } from "electron";

const pathOf = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

ipcMain.handle("save", async (_, /** @type {unknown} */ bytes) => {
  if (!(bytes instanceof Uint8Array)) throw new Error("a checkpoint consists of bytes");
  const { canceled, filePath } = await dialog.showSaveDialog({ defaultPath: "ring.ckpt" });
  if (!canceled) await writeFile(filePath, bytes);
  return !canceled;
});

app.on("window-all-closed", () => app.quit());
await app.whenReady();
const window = new BrowserWindow({ webPreferences: { preload: pathOf("preload.cjs") } });
await window.loadFile(pathOf("index.html"));
