// Before the first paint: the kept choice of colours, else the system's.
(() => {
  const choices = ["system", "light", "dark"];
  const read = () => { try { return localStorage.getItem("detection-theme"); } catch { return null; } };
  const apply = choice => { document.documentElement.dataset.theme = choices.includes(choice) ? choice : "system"; };
  apply(read());
  document.addEventListener("click", event => {
    if (!event.target.closest?.("[data-theme-button]")) return;
    const next = choices[(choices.indexOf(document.documentElement.dataset.theme) + 1) % choices.length];
    apply(next);
    try { localStorage.setItem("detection-theme", next); } catch { /* private window: the choice lasts for this page */ }
  });
})();
