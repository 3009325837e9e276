// Dialogs open in place, menus close, the theme is kept. Everything works without it.
(() => {
  const root = document.documentElement, on = (type, act) => document.addEventListener(type, act);
  const byId = (id) => document.getElementById(id);
  const all = (what) => document.querySelectorAll(what), dialog = () => byId("dialog");
  const place = () => location.pathname + location.search;
  let page = place(), opener, kept;
  try { kept = localStorage; } catch { kept = { getItem() {}, setItem() {} }; }
  const showTheme = () => {
    const theme = kept.getItem("theme") || "system";
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    for (const b of all("[data-set-theme]")) b.ariaPressed = String(b.dataset.setTheme === theme);
  };
  root.dataset.js = "";
  showTheme();
  on("DOMContentLoaded", showTheme);

  on("click", (event) => {
    const within = (what) => event.target.closest(what), choice = within("[data-set-theme]");
    for (const menu of all("details.menu[open]")) if (menu !== within("details.menu")) menu.open = false;
    if (choice) { kept.setItem("theme", choice.dataset.setTheme); showTheme(); }
    if (within("[data-close]") && dialog()?.open) { event.preventDefault(); dialog().close(); }
  });
  on("keydown", (event) => {
    const menu = event.key === "Escape" && all("details.menu[open]")[0];
    if (menu) { menu.open = false; menu.firstElementChild.focus(); }
  });

  // A second click is swallowed.
  const busy = (form, is) => { for (const b of form.querySelectorAll("[type=submit]")) b.ariaDisabled = is ? "true" : null; };
  on("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    busy(form, true);
  });
  addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) { delete form.dataset.sent; busy(form, false); } });

  on("htmx:beforeRequest", ({ detail }) => { if (detail.target === dialog() && !dialog().open) opener = detail.elt; });
  // A whole page came for a dialog: show it as one.
  on("htmx:beforeSwap", ({ detail }) => {
    if (detail.target !== dialog() || !/^\s*<!doctype html/i.test(detail.xhr.responseText)) return;
    detail.target = document.body;
    history.pushState({}, "", detail.xhr.responseURL);
    page = place();
    scrollTo(0, 0);
  });
  addEventListener("popstate", () => { if (place() !== page) location.reload(); });
  on("htmx:afterSwap", ({ detail }) => {
    const box = dialog();
    showTheme();
    // The page renewed itself under somebody's hands.
    if (detail.target.id === "main" && document.activeElement === document.body) byId("main").focus();
    if (detail.target !== box || !box.firstElementChild) return;
    if (!box.open) {
      box.onclose = () => { box.replaceChildren(); (opener?.isConnected ? opener : byId("main")).focus(); };
      box.showModal();
    }
    box.querySelector("[autofocus]")?.focus();
  });
  on("htmx:sendError", ({ detail }) => {
    if (detail.requestConfig.verb === "get") location.assign(detail.elt.href);
    else { const note = all("[data-offline]")[0]; note.hidden = false; dialog().firstElementChild.prepend(note); }
  });
})();
