/** How large a chart is to be on a stream: as wide as the terminal, within reason. */
export const terminalSize = ({ columns }: { readonly columns?: number }) => ({
  width: Math.min(Math.max(columns ?? 80, 40), 100),
  height: 14,
});
