"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const root = document.documentElement;

  // Light and dark: the system's choice until the reader makes one.
  const remembered = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("theme");
      localStorage.setItem("theme", value);
    } catch { /* a page from a file may have no storage */ }
    return null;
  };
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = make("button", { id: "theme", type: "button" });
  const show = (name) => {
    if (name) root.dataset.theme = name;
    theme.textContent = isDark() ? "light" : "dark";
  };
  theme.onclick = () => {
    const name = isDark() ? "light" : "dark";
    remembered(name);
    show(name);
  };
  const chosen = remembered();
  show(chosen === "light" || chosen === "dark" ? chosen : "");
  document.body.append(theme);

  // Tables: headers sort by the exact value behind a cell, a field filters rows by any text in them.
  const keyOf = (cell) => (cell.dataset.v === undefined ? null : BigInt(cell.dataset.v));
  const compared = (a, b) => {
    const x = keyOf(a), y = keyOf(b);
    if (x === null && y === null) return a.textContent.localeCompare(b.textContent);
    if (x === null || y === null) return x === null ? -1 : 1;
    return x < y ? -1 : x > y ? 1 : 0;
  };
  const sort = (table, index, header) => {
    const falling = header.ariaSort ? header.ariaSort === "ascending" : header.classList.contains("n");
    all("th", table).forEach((one) => { one.ariaSort = null; });
    header.ariaSort = falling ? "descending" : "ascending";
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => compared(a.cells[index], b.cells[index]) * (falling ? -1 : 1));
    table.tBodies[0].append(...rows);
    table.dispatchEvent(new Event("sorted"));
  };
  all("table[data-sort]").forEach((table) => {
    all("thead th", table).forEach((header, index) => {
      const button = make("button", { type: "button", textContent: header.textContent });
      button.onclick = () => sort(table, index, header);
      header.replaceChildren(button);
    });
    const body = table.tBodies[0];
    let words = [], open = !table.dataset.show;
    const fold = () => [...body.rows].forEach((row, at) => {
      const text = words.length && row.textContent.toLowerCase();
      row.hidden = words.length ? !words.every((word) => text.includes(word)) : !open && at >= table.dataset.show;
    });
    table.addEventListener("sorted", fold);
    if (!open) {
      const more = make("button", { type: "button", className: "more", textContent: `show all ${body.rows.length}` });
      more.onclick = () => { open = true; more.remove(); fold(); };
      table.parentElement.after(more);
      const reveal = () => {
        const row = body.querySelector(":target");
        if (!row?.hidden) return;
        more.click();
        row.scrollIntoView();
      };
      addEventListener("hashchange", reveal);
      addEventListener("load", reveal);
      addEventListener("beforeprint", () => more.click());
      fold();
    }
    if (table.dataset.filter) {
      const field = make("input", { type: "search", className: "filter", placeholder: `filter ${table.dataset.filter}` });
      field.ariaLabel = field.placeholder;
      field.oninput = () => { words = field.value.toLowerCase().split(/\s+/).filter(Boolean); fold(); };
      table.parentElement.before(field);
    }
  });

  // Names of things in pictures: the titles become a tooltip, for the mouse and for the keyboard.
  const tip = document.getElementById("tip");
  const names = new WeakMap();
  all("svg title").forEach((title) => {
    names.set(title.parentElement, title.textContent);
    title.remove();
  });
  const barAt = (picture, x) => {
    const box = picture.getBoundingClientRect();
    const column = ((x - box.left) / box.width) * picture.viewBox.baseVal.width;
    return all(".calls rect", picture).findLast((bar) => bar.x.baseVal.value <= column);
  };
  const named = (target, x) => {
    const bars = target.closest?.(".bars"); // a bar may be too low to be hit
    if (bars) return barAt(bars, x);
    for (let one = target; one instanceof SVGElement; one = one.parentElement) if (names.has(one)) return one;
    return null;
  };
  const place = (x, y) => {
    const box = tip.getBoundingClientRect();
    const left = Math.max(12, Math.min(x + 14, innerWidth - box.width - 12));
    const top = y + 18 + box.height > innerHeight ? y - box.height - 12 : y + 18;
    tip.style.transform = `translate(${left}px, ${Math.max(top, 8)}px)`;
  };
  const kinds = new Map(all(".legend .key").map((key) => [key.classList[1], key.parentElement.textContent]));
  const tell = (one, x, y) => {
    tip.hidden = !one;
    if (!one) return;
    const kind = one.closest(".stripes") && kinds.get(one.classList[0]);
    const said = names.get(one) + (kind ? ` · ${kind}` : "");
    if (tip.textContent !== said) tip.textContent = said;
    place(x, y);
  };
  document.addEventListener("pointermove", (event) => tell(named(event.target, event.clientX), event.clientX, event.clientY), { passive: true });
  document.addEventListener("pointerleave", () => tell(null));
  document.addEventListener("scroll", () => tell(null), { passive: true });

  const spotOf = (one, picture) => { // a box does not know where a stripe is cut off: it begins its width before its end
    const { right, top } = one.getBoundingClientRect();
    const unit = picture.getBoundingClientRect().width / picture.viewBox.baseVal.width;
    return [right - (one.width.baseVal.value * unit) / 2, top];
  };
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity };
  all("svg[tabindex]").forEach((picture) => {
    const stops = [...all(".stripes g", picture).flatMap((segment) => all("use", segment).reverse()), ...all(".calls > *", picture)];
    let at = -1;
    const go = (to) => {
      stops[at]?.classList.remove("on");
      at = to;
      stops[at]?.classList.add("on");
      tell(stops[at], ...(stops[at] ? spotOf(stops[at], picture) : []));
    };
    picture.onkeydown = (event) => {
      if (event.key === "Escape") return go(-1);
      if (!(event.key in steps)) return undefined;
      event.preventDefault();
      return go(Math.max(0, Math.min(stops.length - 1, at + steps[event.key])));
    };
    picture.onblur = () => go(-1);
  });

  // Tokens or dollars: curves and stripes carry both forms.
  const lay = (plot, view) => {
    if ((plot.dataset.view ?? "tokens") === view) return;
    plot.dataset.view = view;
    for (const one of all("[data-dollars]", plot)) {
      const name = one.localName === "use" ? "y" : "d", shown = one.getAttribute(name);
      one.setAttribute(name, one.dataset.dollars);
      one.dataset.dollars = shown;
    }
  };
  all("[data-switch]").forEach((group) => {
    group.hidden = false;
    group.onclick = ({ target: { dataset } }) => {
      if (!dataset.view) return;
      all("button", group).forEach((one) => { one.ariaPressed = String(one.dataset.view === dataset.view); });
      all(".plot").forEach((plot) => lay(plot, dataset.view));
      all(".view").forEach((text) => { text.hidden = !text.classList.contains(dataset.view); });
    };
  });

  // A place in the log, or a line for the memory file, is copied by a click.
  document.addEventListener("click", ({ target }) => {
    const one = target.closest?.(".spot, .copy");
    if (!one || !navigator.clipboard) return;
    const [source, line] = (one.dataset.spot ?? "").split(":");
    const file = source && document.getElementById(`log-${source}`);
    navigator.clipboard.writeText(file ? `${file.textContent}:${line}` : one.textContent).catch(() => {});
  });
  addEventListener("beforeprint", () => all("details").forEach((one) => { one.open = true; }));
})();
