// Dialogs open in place, menus close, the theme is kept. Everything works without it.
(() => {
  const root = document.documentElement, on = (type, act) => document.addEventListener(type, act);
  const byId = (id) => document.getElementById(id);
  const all = (what) => document.querySelectorAll(what), dialog = () => byId("dialog");
  const place = () => location.pathname + location.search;
  let page = place(), stood = [], opener, kept;
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
  // A page renews itself with itself alone: an error, or sign-in where a session ended, leaves what is there.
  const renews = ({ requestConfig }) => requestConfig.elt.hasAttribute("hx-trigger");
  const pathOf = (address) => new URL(address, location.href).pathname;
  const isItself = ({ xhr, pathInfo, requestConfig }) => xhr.status < 400
    && pathOf(xhr.responseURL) === pathOf(pathInfo.finalRequestPath)
    && new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(requestConfig.elt.getAttribute("hx-select"));
  // No answer came, or a proxy's instead of ours: what was sent may have been done all the same.
  const unanswered = ({ requestConfig: { elt, verb } }) => {
    if (verb === "get") { if (elt.href) location.assign(elt.href); return; }
    const box = dialog(), note = () => box.querySelector("[data-unanswered]");
    note()?.remove();
    box.firstElementChild.prepend(byId("unanswered").content.cloneNode(true));
    if (!box.open) box.showModal();
    note().focus();
  };
  on("htmx:sendError", ({ detail }) => unanswered(detail));
  // A whole page came for a dialog: show it as one.
  on("htmx:beforeSwap", ({ detail }) => {
    if (renews(detail)) {
      stood = [];
      for (let at = document.activeElement; at; at = at.parentElement) if (at.id) stood.push(at.id);
      detail.shouldSwap &&= !!isItself(detail);
      return;
    }
    if ([502, 504].includes(detail.xhr.status)) { detail.shouldSwap = false; unanswered(detail); return; }
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
    // The page renewed itself under somebody's hands: htmx gives the focus back to what has an id and is still there.
    if (renews(detail)) for (const id of stood) if (document.activeElement === document.body) byId(id)?.focus({ preventScroll: true });
    if (detail.target !== box || !box.firstElementChild) return;
    if (!box.open) {
      // What is under way stays, to be told of.
      box.onclose = () => { if (!box.querySelector(".htmx-request")) box.replaceChildren(); (opener?.isConnected ? opener : byId(opener?.id) || byId("main")).focus(); };
      box.showModal();
    }
    box.querySelector("[autofocus]")?.focus();
  });
})();
