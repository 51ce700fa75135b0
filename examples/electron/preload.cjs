// Gives the page one function: it asks the main process to write a checkpoint.
const { contextBridge, ipcRenderer } = require("electron");

contextBridge.exposeInMainWorld("files", {
  save: (/** @type {Uint8Array} */ bytes) => ipcRenderer.invoke("save", bytes),
});
