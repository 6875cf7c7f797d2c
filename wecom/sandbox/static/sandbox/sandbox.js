/* The phones: polling that is quick after a press, and swaps that lose neither place nor choice. */
(() => {
  "use strict";
  const QUICK = 350, CALM = 2000, AFTER_PRESS = 5000, AFTER_NEWS = 3000;
  const poll = document.getElementById("poll");
  const toast = document.getElementById("toast");
  const owners = [...document.querySelectorAll("select.owner")];
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
    event.detail.parameters.seen = document.getElementById("seen").value;
  });

  document.body.addEventListener("acted", (event) => {
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
    for (const menu of document.querySelectorAll(".wc-menu[open]")) menu.open = false;
  });

  for (const owner of owners) {
    owner.addEventListener("change", () => {
      const address = new URL(location.href);
      for (const other of owners) address.searchParams.set(other.dataset.side, other.value);
      history.replaceState(null, "", address);
      htmx.trigger(poll, "tick");
    });
  }

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

  for (const chat of document.querySelectorAll(".chat")) chat.scrollTop = chat.scrollHeight;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  next();
})();
