/** Lets the browser save `text` as a file. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken the address by then; freed at once, some save nothing.
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
