"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = () => [...document.querySelectorAll(".row")];
  const seen = () => rows().filter((row) => !row.hidden);
  const form = byId("filters");
  const viewer = byId("viewer");
  const texts = new WeakMap();
  let current = null; // the row that was focused last
  let looked = null; // the row in the viewer

  // ---- filters -----------------------------------------------------------------------------
  const wanted = () => Object.fromEntries(new FormData(form));
  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const fits = (row, { state, code = "", verdict = "", text }) => {
    if (state && row.dataset.state !== state) return false;
    if (verdict && row.dataset.verdict !== verdict) return false;
    if (code) {
      const codes = JSON.parse(row.dataset.codes);
      if (code === "*" ? !codes.length : code === "-" ? codes.length : !codes.includes(code.slice(1))) {
        return false;
      }
    }
    return text.toLowerCase().split(/\s+/).every((word) => textOf(row).includes(word));
  };
  const filter = () => {
    const asked = wanted();
    const found = rows();
    let count = 0;
    for (const row of found) {
      row.hidden = !fits(row, asked);
      count += !row.hidden;
    }
    byId("count").textContent = `${count.toLocaleString("en")} of ${found.length.toLocaleString("en")}`;
    byId("none").hidden = count > 0 || !found.length;
    for (const pick of document.querySelectorAll(".pick")) {
      pick.setAttribute("aria-pressed", String(pick.dataset.state === asked.state));
    }
    const given = Object.entries(asked).filter(([, value]) => value);
    const hash = new URLSearchParams(given).toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  };
  const choose = (values) => {
    for (const field of form.elements) {
      if (field.name) field.value = values[field.name] ?? "";
      if (field.name && field.value === "" && field.options) field.selectedIndex = 0;
    }
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    choose({});
    filter();
  });

  // ---- the viewer --------------------------------------------------------------------------
  const figures = (row, kind) => [...row.querySelectorAll(`figure.${kind}`)].filter((one) => one.querySelector("img"));
  const show = (image, figure) => {
    const small = figure.querySelector("img");
    const whole = figure.querySelector("a")?.href;
    image.alt = small.alt;
    image.onerror = whole ? () => { image.onerror = null; image.src = small.src; } : null;
    image.src = whole ?? small.src;
  };
  const slide = (share) => {
    byId("slider").value = share;
    byId("compare").style.setProperty("--at", `${byId("slider").value}%`);
  };
  const look = (row, chosen = 0) => {
    looked = row;
    const results = figures(row, "result");
    const person = figures(row, "input").find((one) => one.dataset.role === "person");
    const shown = results.length ? results : figures(row, "input");
    const after = shown[chosen] ?? shown[0];
    const stage = byId("compare");
    stage.classList.toggle("single", !person || !results.length);
    stage.hidden = !after;
    if (after) {
      const small = after.querySelector("img");
      stage.style.setProperty("--shape", `${small.getAttribute("width")} / ${small.getAttribute("height")}`);
      show(byId("after"), after);
    }
    if (person && results.length) show(byId("before"), person);
    byId("viewer-id").textContent = row.querySelector("h3").textContent;
    byId("viewer-state").replaceChildren(row.querySelector(".badge").cloneNode(true));
    const list = seen();
    byId("viewer-place").textContent = `${(list.indexOf(row) + 1).toLocaleString("en")} of ${list.length.toLocaleString("en")}`;
    byId("choices").replaceChildren(...[...figures(row, "input"), ...results].map((figure) => choice(row, figure, results, after)));
    const said = [...row.querySelector(".about").children].filter((part) => part.matches("p:not(.marks)"));
    byId("viewer-text").replaceChildren(...said.map((part) => part.cloneNode(true)));
    if (!viewer.open) {
      slide(50);
      viewer.showModal();
    }
    byId("slider").focus();
  };
  const choice = (row, figure, results, after) => {
    const at = results.indexOf(figure);
    const image = figure.querySelector("img").cloneNode();
    image.removeAttribute("loading");
    if (results.length > 1 && at >= 0) {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(figure === after));
      button.append(image);
      button.addEventListener("click", () => look(row, at));
      return button;
    }
    const link = figure.querySelector("a")?.cloneNode() ?? document.createElement("span");
    link.append(image);
    return link;
  };
  const step = (by) => {
    const list = seen();
    if (!list.length) return;
    const at = list.indexOf(viewer.open ? looked : current);
    const next = list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))];
    if (viewer.open) look(next);
    else go(next);
  };
  const go = (row) => {
    current = row;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  byId("slider").addEventListener("input", () => slide(byId("slider").value));
  byId("viewer-next-row").addEventListener("click", () => step(1));
  byId("viewer-before-row").addEventListener("click", () => step(-1));
  byId("viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
  viewer.addEventListener("close", () => looked.isConnected && go(looked));

  document.addEventListener("focusin", (event) => {
    current = event.target.closest(".row") ?? current;
  });
  document.addEventListener("click", (event) => {
    const pick = event.target.closest(".pick");
    if (pick) {
      choose({ ...wanted(), state: pick.getAttribute("aria-pressed") === "true" ? "" : pick.dataset.state });
      filter();
    }
    const code = event.target.closest(".command");
    if (code) copy(code);
    const image = event.target.closest(".row .image");
    if (image && !event.ctrlKey && !event.metaKey && !event.shiftKey && image.querySelector("img")) {
      event.preventDefault();
      const row = image.closest(".row");
      look(row, Math.max(0, figures(row, "result").indexOf(image.closest("figure"))));
    }
  });
  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      code.dataset.copied = "copied";
      setTimeout(() => delete code.dataset.copied, 1500);
    } catch {
      getSelection().selectAllChildren(code);
    }
  };

  // ---- keys --------------------------------------------------------------------------------
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    Enter: () => current && !viewer.open && look(current),
    d: () => current?.querySelector("summary")?.click(),
    f: () => form.elements.state.focus(),
    "/": () => form.elements.text.focus(),
  };
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("select, input:not([type=range]), textarea");
    if (isTyping && event.key === "Escape") event.target.blur();
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    if (event.key === "Enter" && !event.target.matches(".row")) return;
    event.preventDefault();
    keys[event.key]();
  });

  // ---- how long images live ----------------------------------------------------------------
  const spoken = (seconds) => {
    const [d, h, m, s] = [86400, 3600, 60, 1].map((unit, i, units) => Math.floor((i ? seconds % units[i - 1] : seconds) / unit));
    if (d) return `${d} d ${h} h`;
    if (h) return `${h} h ${m} min`;
    return m ? `${m} min ${s} s` : `${s} s`;
  };
  const count = () => {
    for (const time of document.querySelectorAll("time[data-until]")) {
      time.dataset.at ??= time.textContent;
      const left = Math.floor((Date.parse(time.dateTime) - Date.now()) / 1000);
      time.textContent = left > 0 ? `in ${spoken(left)}, ${time.dataset.at}` : `${time.dataset.at}, which has passed`;
    }
  };

  // ---- following a run ---------------------------------------------------------------------
  const live = byId("live");
  const sources = new Map(live ? rows().map((row) => [row.id, row.outerHTML]) : []);
  let mark = `"${live?.dataset.mark}"`;
  const renew = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    document.title = fresh.title;
    const asked = wanted();
    for (const part of ["header .wide", ".summary", "#left", "#filters > div", "#cost-table"]) {
      document.querySelector(part).replaceWith(document.adoptNode(fresh.querySelector(part)));
    }
    const ordered = [...fresh.querySelectorAll(".row")].map((row) => {
      const before = byId(row.id);
      if (before && sources.get(row.id) === row.outerHTML) return before;
      sources.set(row.id, row.outerHTML);
      const made = document.adoptNode(row);
      if (before?.querySelector("details").open) made.querySelector("details").open = true;
      if (current === before) current = made;
      if (looked === before) looked = made;
      before?.replaceWith(made);
      return made;
    });
    const place = byId("rows");
    ordered.forEach((row, i) => place.children[i] === row || place.insertBefore(row, place.children[i] ?? null));
    choose(asked);
    filter();
    count();
  };
  const follow = async (every_ms) => {
    const began = performance.now();
    try {
      const answer = await fetch(location.pathname, { headers: { "If-None-Match": mark }, cache: "no-store" });
      if (answer.status === 200) {
        mark = answer.headers.get("ETag");
        renew(await answer.text());
      }
    } catch {
      byId("live").textContent = "The program that showed the run has ended; this is what it showed last.";
      return;
    }
    setTimeout(follow, Math.max(every_ms, 8 * (performance.now() - began)), every_ms);
  };

  form.hidden = false;
  for (const hint of document.querySelectorAll(".keys")) hint.hidden = false;
  choose(Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
  filter();
  count();
  setInterval(count, 1000);
  if (live) setTimeout(follow, Number(live.dataset.everyMs), Number(live.dataset.everyMs));
})();
