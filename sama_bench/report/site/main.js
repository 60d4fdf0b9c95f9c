// Which page is shown, keys that hold everywhere, and the theme.
"use strict";

(() => {
  const main = document.getElementById("main");
  const help = document.getElementById("help");
  let page = null, turn = 0;

  async function route() {
    const mine = ++turn;
    page?.close?.();
    page = null;
    const path = location.hash.replace(/^#/, "").split("?")[0];
    const sample = /^\/sample\/(\d+)$/.exec(path);
    const name = sample || path === "/samples" ? "samples" : "overview";
    for (const link of document.querySelectorAll("nav a[data-page]")) {
      if (link.dataset.page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    try {
      const shown = sample ? await report.sample(main, +sample[1]) : name === "samples" ? await report.gallery(main) : await report.overview(main);
      if (mine === turn) page = shown || null;
    } catch (error) {
      main.replaceChildren(report.el("p", { class: "warn" }, `This page cannot be shown: ${error.message}`));
    }
    if (mine === turn) {
      window.scrollTo(0, 0);
      document.body.dataset.ready = location.hash || "#/";
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (typing && (event.key !== "Escape")) return;
    if (typing) return event.target.blur();
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    if (page?.key?.(event)) return event.preventDefault();
    if (event.key === "?") help.showModal();
    else if (event.key === "o") location.hash = "#/";
    else if (event.key === "g") location.hash = report.state.back || "#/samples";
    else if (event.key === "/") { const box = document.querySelector("input[type=search]"); if (!box) return; box.focus(); }
    else return;
    event.preventDefault();
  });

  const THEMES = ["system", "light", "dark"];
  function theme(name) {
    if (name === THEMES[0]) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    document.getElementById("theme").textContent = `Theme: ${name}`;
  }
  let chosen = THEMES[0];
  try { chosen = localStorage.getItem("sama-bench-theme") || chosen; } catch { /* a page from disk may have no storage */ }
  theme(THEMES.includes(chosen) ? chosen : THEMES[0]);
  document.getElementById("theme").addEventListener("click", () => {
    chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];
    theme(chosen);
    try { localStorage.setItem("sama-bench-theme", chosen); } catch { /* then it holds for this page only */ }
  });
  document.getElementById("keys").addEventListener("click", () => help.showModal());
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
  window.addEventListener("hashchange", route);
  route();
})();
