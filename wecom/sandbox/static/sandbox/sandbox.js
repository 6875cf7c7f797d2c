/* The phones: polling that is quick after a press, and swaps that lose neither place nor choice. */
(() => {
  "use strict";
  const QUICK = 350, CALM = 2000, AFTER_PRESS = 5000, AFTER_NEWS = 3000;
  const poll = document.getElementById("poll");
  const toast = document.getElementById("toast");
  const owners = [...document.querySelectorAll("select.owner")];
  const wheres = () => [...document.querySelectorAll("select.where")];
  let quickUntil = 0, timer = 0, toastTimer = 0;

  const hurry = (ms) => { quickUntil = Math.max(quickUntil, Date.now() + ms); };
  const next = () => {
    clearTimeout(timer);
    timer = setTimeout(tick, Date.now() < quickUntil ? QUICK : CALM);
  };
  const tick = () => {
    if (!document.hidden) htmx.trigger(poll, "tick");
    next();
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(tick, 60); };

  /* Logging in in another tab changes the token that this page was made with; the cookie has the one that counts. */
  document.body.addEventListener("htmx:configRequest", (event) => {
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    if (token) event.detail.headers["X-CSRFToken"] = token[1];
  });

  /* What a poll asks: whose phones, and what has been seen. */
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== poll) return;
    for (const owner of owners) event.detail.parameters[owner.dataset.side] = owner.value;
    for (const where of wheres()) if (where.selectedIndex > 0) event.detail.parameters[`${where.dataset.side}_in`] = where.value;
    event.detail.parameters.seen = document.getElementById("seen").value;
  });

  document.body.addEventListener("acted", (event) => {
    if (event.detail.anew) { location.assign(location.pathname); return; }
    hurry(AFTER_PRESS);
    soon();
    const words = event.detail.say;
    if (!words) return;
    toast.textContent = words;
    toast.classList.add("is-shown");
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => toast.classList.remove("is-shown"), 3500);
  });

  document.body.addEventListener("submit", (event) => {
    if (event.submitter) event.submitter.classList.add("is-pressed");
    hurry(AFTER_PRESS);
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    if (event.detail.successful && "clear" in form.dataset) form.reset();
    for (const button of form.querySelectorAll(".is-pressed")) {
      setTimeout(() => button.classList.remove("is-pressed"), 300);
    }
    if (!form.closest(".phone")) return;
    for (const menu of document.querySelectorAll(".wc-menu[open], .menu-more[open]")) menu.open = false;
  });

  /* A link of the application's menu opens its address, and the application hears of it. */
  document.body.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-submits]");
    if (link) link.closest("form").requestSubmit();
  });

  /* The application's pages open inside the phone, as its owner's. */
  const inside = (phone, address) => {
    const url = new URL(address, location.href);
    const ours = [location.origin, new URL(phone.dataset.site, location.href).origin].includes(url.origin);
    return ours && !/^\/(sandbox|admin)\//.test(url.pathname) ? url.pathname + url.search + url.hash : "";
  };
  const open = (phone, path) => {
    const owner = phone.querySelector("select.owner").value;
    const browser = phone.querySelector(".browser");
    browser.querySelector("iframe").src = `${phone.dataset.browser}${encodeURIComponent(owner)}${path}`;
    browser.hidden = false;
    for (const menu of phone.querySelectorAll(".wc-menu[open], .menu-more[open]")) menu.open = false;
  };
  const close = (phone) => {
    const browser = phone.querySelector(".browser");
    browser.hidden = true;
    browser.querySelector("iframe").src = "about:blank";
  };
  document.body.addEventListener("click", (event) => {
    const phone = event.target.closest(".phone[data-browser]");
    if (!phone) return;
    const button = event.target.closest("[data-open]");
    const link = event.target.closest("a[href]");
    const path = button ? button.dataset.open : link ? inside(phone, link.href) : "";
    if (path) { event.preventDefault(); open(phone, path); }
    else if (event.target.closest("[data-close]")) close(phone);
  });
  for (const frame of document.querySelectorAll(".browser iframe")) {
    frame.addEventListener("load", () => {
      frame.parentElement.querySelector(".title").textContent = frame.contentDocument ? frame.contentDocument.title : "";
      hurry(AFTER_PRESS);
    });
  }

  /* Whose phone, and which of their chats: the address says it, so that a reload shows the same. */
  document.body.addEventListener("change", (event) => {
    const changed = event.target;
    if (!changed.matches("select.owner, select.where")) return;
    const address = new URL(location.href);
    const side = changed.dataset.side;
    if (changed.matches(".owner")) {
      if (changed.closest(".phone[data-browser]")) close(changed.closest(".phone"));
      for (const other of owners) address.searchParams.set(other.dataset.side, other.value);
      address.searchParams.delete(`${side}_in`);
      const where = wheres().find((one) => one.dataset.side === side);
      if (where) where.selectedIndex = 0;
    } else if (changed.selectedIndex > 0) address.searchParams.set(`${side}_in`, changed.value);
    else address.searchParams.delete(`${side}_in`);
    history.replaceState(null, "", address);
    htmx.trigger(poll, "tick");
  });

  /* A dot before every chat that has something new, and red letters while there is any. */
  const noted = new Map();
  const mark = (first) => {
    for (const where of wheres()) {
      let news = false;
      for (const option of where.options) {
        const key = `${where.dataset.owner} ${option.value}`;
        const newest = Number(option.dataset.newest);
        if (first || option.selected) noted.set(key, newest);
        const fresh = newest > (noted.get(key) || 0);
        if (fresh) option.textContent = `● ${option.textContent}`;
        news = news || fresh;
      }
      where.classList.toggle("has-news", news);
    }
  };

  /* A swap keeps the place in the chat, what was opened, and what was chosen but not sent. */
  const kept = new Map();
  const fields = (root) => [...root.querySelectorAll("[data-keep] select, [data-keep] input:not([type=hidden])")];
  const name = (field) => [field.closest("[data-keep]").dataset.keep, field.name, field.type === "select-one" ? "" : field.value].join("\n");
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const target = event.detail.target;
    kept.set(target.id, {
      atEnd: target.scrollHeight - target.scrollTop - target.clientHeight < 60,
      place: target.scrollTop,
      open: [...target.querySelectorAll("details[open][id]")].map((one) => one.id),
      fields: new Map(fields(target).map((one) => [name(one), one.type === "select-one" ? one.value : one.checked])),
    });
  });
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    const target = event.detail.target;
    const before = kept.get(target.id);
    if (!before) return;
    kept.delete(target.id);
    if (target.id.startsWith("where-")) mark(false);
    hurry(AFTER_NEWS);
    for (const id of before.open) {
      const one = document.getElementById(id);
      if (one) one.open = true;
    }
    for (const field of fields(target)) {
      const value = before.fields.get(name(field));
      if (value === undefined) continue;
      if (field.type === "select-one") field.value = value;
      else field.checked = value;
    }
    if (target.classList.contains("chat")) target.scrollTop = before.atEnd ? target.scrollHeight : before.place;
  });

  mark(true);
  for (const chat of document.querySelectorAll(".chat")) chat.scrollTop = chat.scrollHeight;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  next();
})();
