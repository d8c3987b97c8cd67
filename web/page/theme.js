// The chosen theme, before anything is painted; a classic script, so that no light flashes before the dark.
try {
  const { theme } = JSON.parse(localStorage.getItem("trivium.prefs") ?? "{}");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* a browser that keeps nothing follows the system */ }
