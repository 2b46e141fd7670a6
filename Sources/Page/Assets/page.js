// Keeps the page of ima up to date. Everything is there without it: it replaces parts and cells as the agent sends what
// changed, tells how long ago things were, and searches while one types.
"use strict";
(() => {
  const body = document.body;
  const live = document.getElementById("live");
  const grid = document.getElementById("grid");
  const box = document.getElementById("q");
  const isLive = body.dataset.version !== undefined;

  // Times: how long ago, or how long it still takes, by the agent's clock.
  const asOf = live && live.querySelector("time");
  let ahead = asOf ? Date.parse(asOf.dateTime) - Date.now() : 0;
  const now = () => Date.now() + ahead;
  const span = (ms) => {
    const s = Math.floor(Math.abs(ms) / 1000);
    if (s >= 86400) return `${Math.floor(s / 86400)}d${Math.floor(s / 3600) % 24}h`;
    if (s >= 3600) return `${Math.floor(s / 3600)}h${Math.floor(s / 60) % 60}m`;
    return s >= 60 ? `${Math.floor(s / 60)}m${s % 60}s` : `${s}s`;
  };
  const tick = (root) => {
    for (const time of root.querySelectorAll("main time")) {
      const at = Date.parse(time.dateTime);
      if (Number.isNaN(at)) continue;
      if (!time.title) time.title = time.textContent;
      const left = at - now();
      // An end is a time of the clock on the wall: "until in 29m" is no sentence.
      const isEnd = time.previousSibling?.textContent.trimEnd().endsWith("until");
      const clock = `${time.dateTime.slice(11, 16)} UTC`;
      const text =
        left <= 0 ? `${span(left)} ago` : isEnd ? `${clock}, ${span(left)} left` : `in ${span(left)}`;
      if (time.textContent !== text) time.textContent = text;
    }
  };

  // The state of the line to the agent is part of what can be trusted.
  let heard = Date.now();
  const line = () => {
    if (!isLive || !live) return;
    const silence = Date.now() - heard;
    if (document.hidden) return;
    const lost = silence > 20000 || (stream && stream.readyState !== 1 && silence > 3000);
    live.classList.toggle("lost", lost);
    live.setAttribute("role", lost ? "alert" : "status");
    const text = lost ? `NOT LIVE: nothing heard from the agent for ${span(silence)}; what is below is old` : "live";
    if (live.textContent !== text) live.textContent = text;
  };

  // Cells, by node.
  const cells = new Map();
  const collect = () => {
    cells.clear();
    if (grid) for (const cell of grid.querySelectorAll("a.cell")) cells.set(cell.dataset.node, cell);
    // One stop of the Tab key for each rack; arrows go from cell to cell.
    if (grid) for (const rack of grid.querySelectorAll(".cells")) {
      [...rack.children].forEach((cell, index) => { cell.tabIndex = index === 0 ? 0 : -1; });
    }
  };
  const paint = (rows) => {
    for (const row of rows) {
      const cell = cells.get(row.id);
      if (!cell) continue;
      cell.className = `cell s-${row.state}${row.frozen ? " frozen" : ""}`;
      cell.setAttribute("aria-label", row.label);
    }
  };

  // Parts as a whole, without taking the focus or closing what is open.
  const put = (id, html) => {
    const part = document.getElementById(id);
    if (!part) return;
    const open = [...part.querySelectorAll("details[open]")].map((one) => one.id);
    const focus = part.contains(document.activeElement) ? document.activeElement : null;
    const place = focus && (focus.id ? `#${CSS.escape(focus.id)}` : focus.href ? `[href="${CSS.escape(focus.getAttribute("href"))}"]` : null);
    part.innerHTML = html;
    for (const one of open) { const found = one && document.getElementById(one); if (found) found.open = true; }
    if (place) { const found = part.querySelector(place); if (found) found.focus({ preventScroll: true }); }
    tick(document);
  };

  const renew = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const other = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of other.querySelectorAll("[data-part]")) put(part.id, part.innerHTML);
    const fresh = other.getElementById("grid");
    if (fresh && grid) { grid.replaceChildren(...fresh.childNodes); collect(); }
    body.dataset.version = other.body.dataset.version;
    document.title = other.title;
  };

  let stream = null;
  const listen = () => {
    stream = new EventSource(`/api/v1/stream?view=page&after=${encodeURIComponent(body.dataset.version)}`);
    const on = (name, act) => stream.addEventListener(name, (event) => {
      heard = Date.now();
      act(event.data ? JSON.parse(event.data) : null);
      if (event.lastEventId) body.dataset.version = event.lastEventId;
      line();
    });
    on("parts", (parts) => { for (const id of Object.keys(parts)) if (id === "title") document.title = parts.title; else put(id, parts[id]); });
    on("resources", paint);
    on("alive", (at) => { if (at && at.at) ahead = Date.parse(at.at) - Date.now(); });
    on("reset", () => { renew(); });
    stream.onopen = () => { heard = Date.now(); line(); };
    stream.onerror = () => {
      line();
      // Refused, such as where too many listen: the browser gives up, and this does not.
      if (stream && stream.readyState === 2) setTimeout(() => { if (!document.hidden) listen(); }, 5000);
    };
  };

  // A browser keeps six connections to one place: what nobody sees gives its own up, and catches up afterwards.
  let hiding = 0;
  document.addEventListener("visibilitychange", () => {
    if (!isLive) return;
    clearTimeout(hiding);
    if (document.hidden) {
      hiding = setTimeout(() => { if (stream) stream.close(); stream = null; }, 30000);
    } else if (!stream) {
      heard = Date.now();
      listen();
    }
  });

  // The search: in the address at once, on the page while one types.
  let waiting = 0;
  let asked = 0;
  const search = async () => {
    const text = box.value.trim();
    const address = new URL(location.href);
    if (text) address.searchParams.set("q", text); else address.searchParams.delete("q");
    history.replaceState(null, "", address);
    const mine = ++asked;
    const answer = await fetch(`/find?q=${encodeURIComponent(text)}`);
    if (!answer.ok || mine !== asked) return;
    const other = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("found").replaceChildren(...other.getElementById("found").childNodes);
    grid.replaceChildren(...other.getElementById("grid").childNodes);
    collect();
    tick(document);
  };
  if (box && grid) {
    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 200); });
    box.form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); search(); });
  }
  // As on many pages: / goes to the search.
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && box && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      box.focus();
    }
  });

  // What a cell says, for the pointer and the keyboard.
  if (grid) {
    const told = document.createElement("div");
    told.id = "told";
    told.setAttribute("aria-hidden", "true");
    grid.after(told);
    const tell = (event) => {
      const cell = event.target.closest("a.cell");
      if (cell) told.textContent = cell.getAttribute("aria-label");
    };
    const hush = () => { told.textContent = ""; };
    grid.addEventListener("pointerover", tell);
    grid.addEventListener("pointerleave", hush);
    grid.addEventListener("focusout", hush);
    grid.addEventListener("focusin", tell);
    grid.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
      const cell = event.target.closest("a.cell");
      if (!step || !cell) return;
      const all = [...grid.querySelectorAll("a.cell")];
      const next = all[all.indexOf(cell) + step];
      if (!next) return;
      event.preventDefault();
      cell.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  }

  collect();
  tick(document);
  setInterval(() => { tick(document); line(); }, 1000);
  if (isLive) listen();
  body.dataset.script = "ready";
})();
