"use strict";
(() => {
  // Each content of the page gets its own run of the page's script, and the listeners of that run end with it.
  let run = new AbortController();
  for (const target of [document, window]) {
    const add = target.addEventListener;
    target.addEventListener = (type, listener, options) => {
      const more = typeof options === "object" ? options : { capture: Boolean(options) };
      add.call(target, type, listener, { ...more, signal: run.signal });
    };
  }
  const markOf = (root) => root.querySelector("meta[name=whyburn-mark]").content;
  const tables = () => [...document.querySelectorAll("table[data-sort]")];
  const fieldOf = (table) => {
    const before = table.parentElement.previousElementSibling;
    return before?.matches("input.filter") ? before : null;
  };

  // What the reader has chosen: filters, orders, open parts, the view, where the cursor is.
  const chosen = () => ({
    tables: tables().map((table) => ({
      id: table.id,
      words: fieldOf(table)?.value ?? "",
      typing: fieldOf(table) === document.activeElement,
      order: [...table.querySelectorAll("thead th")].map((header) => header.ariaSort),
    })),
    open: [...document.querySelectorAll("details")].map((one) => one.open),
    view: document.querySelector("[data-switch] [aria-pressed=true]")?.dataset.view,
  });
  const restore = (state) => {
    for (const { id, words, typing, order } of state.tables) {
      const table = document.getElementById(id);
      if (!table) continue;
      const at = order.findIndex((one) => one);
      const button = table.querySelectorAll("thead th")[at]?.querySelector("button");
      for (let tries = 0; button && tries < 2 && button.parentElement.ariaSort !== order[at]; tries += 1) button.click();
      const field = fieldOf(table);
      if (!field) continue;
      if (words) {
        field.value = words;
        field.dispatchEvent(new Event("input"));
      }
      if (typing) field.focus();
    }
    document.querySelectorAll("details").forEach((one, at) => { one.open = state.open[at] ?? one.open; });
    document.querySelector(`[data-switch] [data-view="${state.view}"]`)?.click();
  };

  // Says at the end of the page that it is followed, or that nobody answers any more.
  const tell = (text) => {
    const line = document.getElementById("live") ?? document.createElement("p");
    line.id = "live";
    if (line.textContent !== text) line.textContent = text;
    if (!line.parentElement) document.querySelector("footer").append(line);
  };
  const FOLLOWS = "live: this page asks its own server on this machine for news of the logs";
  const ALONE = "no longer live: the server does not answer";

  const swap = (fresh) => {
    const state = chosen(), left = scrollX, top = scrollY;
    for (const part of ["main", "footer"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
    document.title = fresh.title;
    document.querySelector("meta[name=whyburn-mark]").content = markOf(fresh);
    run.abort();
    run = new AbortController();
    document.getElementById("theme")?.remove();
    const old = [...document.querySelectorAll("body > script")].at(-1);
    old.replaceWith(Object.assign(document.createElement("script"), { textContent: old.textContent }));
    restore(state);
    scrollTo(left, top);
  };

  const ask = async () => {
    const said = await fetch(`/mark?page=${encodeURIComponent(location.pathname)}`, { cache: "no-store" });
    if (!said.ok || (await said.json()).mark === markOf(document)) return;
    const page = await fetch(location.pathname, { cache: "no-store" });
    if (page.ok) swap(new DOMParser().parseFromString(await page.text(), "text/html"));
  };
  const follow = async () => {
    if (!document.hidden) await ask().then(() => tell(FOLLOWS), () => tell(ALONE));
    setTimeout(follow, 700);
  };
  setTimeout(follow, 700);
})();
