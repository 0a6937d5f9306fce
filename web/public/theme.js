// Runs before the first paint, so that somebody who chose a theme never sees the other one flash by.
try {
  const theme = localStorage.getItem('robohub.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be closed to us; the system's own preference then holds.
}
