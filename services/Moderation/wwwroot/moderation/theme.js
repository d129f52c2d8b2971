// Before the first paint: what this browser keeps, colours and whether single keys are shortcuts.
(() => {
  const root = document.documentElement;
  const keep = (name, values, button) => {
    let kept = null;
    try { kept = localStorage.getItem("detection-" + name); } catch { /* private window: the choice lasts for this page */ }
    root.dataset[name] = values.includes(kept) ? kept : values[0];
    document.addEventListener("click", event => {
      if (!event.target.closest?.(button)) return;
      root.dataset[name] = values[(values.indexOf(root.dataset[name]) + 1) % values.length];
      try { localStorage.setItem("detection-" + name, root.dataset[name]); } catch { /* as above */ }
    });
  };
  keep("theme", ["system", "light", "dark"], "[data-theme-button]");
  keep("shortcuts", ["on", "off"], "[data-shortcuts-button]");
})();
