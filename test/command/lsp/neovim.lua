-- Opens the specs of a folder in Neovim, and writes the diagnostics of each as JSON.
local node, launcher, folder = unpack(vim.split(vim.env.TAPELESS_TEST, "\n"))
local found = {}
for _, file in ipairs(vim.fn.sort(vim.fn.glob(folder .. "/*.tapeless.*", false, true))) do
  vim.cmd.edit(file)
  local buffer = vim.api.nvim_get_current_buf()
  local published = false
  vim.api.nvim_create_autocmd("DiagnosticChanged", {
    buffer = buffer,
    callback = function()
      published = published or #vim.diagnostic.get(buffer) > 0
    end,
  })
  vim.lsp.start({ name = "tapeless", cmd = { node, launcher, "lsp" }, root_dir = folder }, { bufnr = buffer })
  vim.wait(20000, function()
    return published
  end, 5)
  found[vim.fs.basename(file)] = vim.tbl_map(function(each)
    return { line = each.lnum, character = each.col, severity = each.severity, code = each.code, message = each.message }
  end, vim.diagnostic.get(buffer))
end
vim.fn.writefile({ vim.json.encode(found) }, folder .. "/neovim.out")
vim.cmd("qall!")
