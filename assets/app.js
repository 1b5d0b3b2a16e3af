// What the pages do beyond plain HTML. Every page works without this file; no eval, no inline handler, no storage.
//
//   form[data-autosave=URL]   fields are sent as the form would send them; answer {"saved_at":"10:32","version":"8"},
//                             409 {"message":"…"} when another tab wrote meanwhile; [data-save-state] says so;
//                             503 with Retry-After when too much is asked at once: the text stays and is sent again;
//                             the hidden field "turn" counts the texts of this page
//   [data-drop]               files may be dropped on it; the chosen ones are listed with their size
//   input[data-money]         digits are grouped when the field is left
//   [data-copy=ID]            copies the text of #ID
//   [data-focus]              takes the focus on load and after an htmx swap
//   rect[data-field=NAME]     the box of the field in focus is lit on the page image
//   [data-doubtful]           F8 and Shift+F8 go to the next and the previous field the machine was not sure of
//   button[data-zoom]         enlarges the page images of [data-zoom-pane]; the view follows the field in focus
"use strict";
(() => {
  const AUTOSAVE_DELAY_MS = 800;
  const RETRY_MS = [3000, 10000, 30000];
  const JITTER = 0.25; // of the wait, up or down: those who were cut off together do not come back together
  const RESEND_GUARD_MS = 3000;
  const KEEPALIVE_BYTES = 60_000; // browsers refuse more than 64 KiB

  // ---- autosave ----

  function autosave(form) {
    const state = form.querySelector("[data-save-state]");
    const field = (name) => form.querySelector(`input[name=${name}]`);
    let timer = 0;
    let failures = 0;
    let notBefore = 0; // when the server, which had too much to do, may be asked again
    let running = null;
    let dirty = false;
    let stopped = false; // conflict or session ended: sending again would not help
    let latest = null; // the text sent last
    let kept = null; // the text the server has acknowledged, and when it said so
    let keptAt = "";

    const say = (kind, text) => {
      if (!state) return;
      state.dataset.state = kind;
      if (state.textContent !== text) state.textContent = text;
    };

    // Every text sent has a number: the server knows by it which of this page's texts is the later one, even when two are
    // under way at once or the answer to one was lost.
    const number = () => {
      const turn = field("turn");
      if (turn) turn.value = String(Number(turn.value) + 1);
    };

    const body = () => {
      const fields = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
      return fields;
    };

    // What a person wrote, without what the page itself counts.
    const text = () => {
      const fields = body();
      ["csrf", "version", "turn"].forEach((name) => fields.delete(name));
      return fields.toString();
    };

    async function send() {
      clearTimeout(timer);
      dirty = false;
      say("saving", "Đang lưu…");
      const sent = text();
      latest = sent;
      number();
      const fields = body();
      try {
        const answer = await fetch(form.dataset.autosave, {
          method: "POST",
          body: fields,
          headers: { Accept: "application/json" },
          credentials: "same-origin",
          redirect: "manual",
          // Goes on after the page was left.
          keepalive: fields.toString().length < KEEPALIVE_BYTES,
        });
        await settle(answer, sent);
      } catch {
        retry();
      }
    }

    async function settle(answer, sent) {
      if (answer.ok) {
        const saved = await answer.json();
        const version = field("version");
        if (version && saved.version !== undefined) version.value = Math.max(Number(version.value), Number(saved.version));
        failures = 0;
        if (sent === latest) {
          kept = sent;
          keptAt = `Đã lưu lúc ${saved.saved_at}`;
        }
        if (!dirty) say("saved", keptAt);
      } else if (answer.status === 409) {
        stopped = true;
        say("conflict", (await answer.json()).message);
      } else if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        stopped = true;
        say(
          "failed",
          "Phiên làm việc đã hết nên chưa lưu được. Nội dung Ông/Bà vừa nhập vẫn còn trên trang này: " +
            "mở thẻ mới để đăng nhập lại, rồi bấm nút lưu ở đây.",
        );
      } else if (answer.status === 503) {
        retry("máy chủ đang có quá nhiều người dùng cùng lúc", Number(answer.headers.get("Retry-After")) * 1000);
      } else {
        retry("máy chủ chưa nhận được");
      }
    }

    // The text stays on the page and is sent again, whatever was typed meanwhile with it.
    function retry(why = "mất kết nối", atLeast = 0) {
      dirty = true;
      const pause = Math.max(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)], atLeast || 0);
      const wait = Math.round((pause * (1 + JITTER * (2 * Math.random() - 1))) / 1000);
      failures += 1;
      if (atLeast > 0) notBefore = performance.now() + wait * 1000;
      say(
        "failed",
        `Chưa lưu được vì ${why}. Nội dung Ông/Bà vừa nhập vẫn còn trên trang này; hệ thống sẽ tự thử lại sau ${wait} giây, ` +
          "xin đừng đóng trang.",
      );
      timer = setTimeout(start, wait * 1000);
    }

    // One request at a time: the next one carries the version that the last one returned. Whoever leaves does not wait.
    function start(leaving = false) {
      if (stopped) return;
      if (running && leaving !== true) {
        dirty = true;
        return;
      }
      // Leaving a field whose text was saved while it was typed: nothing to send.
      if (!running && text() === kept) {
        clearTimeout(timer);
        dirty = false;
        return say("saved", keptAt);
      }
      const all = Promise.all([running, send()]).finally(() => {
        if (running !== all) return;
        running = null;
        if (dirty && failures === 0) start();
      });
      running = all;
    }

    const changed = (delay) => {
      dirty = true;
      if (!stopped && failures === 0) say("pending", "Chưa lưu thay đổi vừa nhập.");
      clearTimeout(timer);
      timer = setTimeout(start, Math.max(delay, notBefore - performance.now()));
    };

    form.addEventListener("input", () => changed(AUTOSAVE_DELAY_MS));
    form.addEventListener("change", () => changed(0));
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      dirty = false;
      if (!running) return number();
      event.preventDefault();
      const button = event.submitter;
      running.finally(() => form.requestSubmit(button));
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && dirty) start(true);
    });
    addEventListener("beforeunload", (event) => {
      if (!dirty) return;
      start(true);
      event.preventDefault();
    });
  }

  // ---- fields ----

  function groupDigits(input) {
    const digits = input.value.replace(/[.\s]/g, "");
    if (/^\d+$/.test(digits)) input.value = digits.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ".");
  }

  function sizeInWords(bytes) {
    if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
    return `${(bytes / 1024 / 1024).toFixed(1).replace(".", ",")} MB`;
  }

  function dropZone(zone) {
    const input = zone.querySelector("input[type=file]");
    const invitation = document.createElement("p");
    invitation.className = "mb-drop__hint";
    invitation.textContent = input.multiple ? "Kéo thả các tệp vào đây, hoặc:" : "Kéo thả tệp vào đây, hoặc:";
    // The browser's own button speaks the browser's language, which in an office is often English.
    const choose = document.createElement("label");
    choose.className = "govuk-button govuk-button--secondary mb-drop__choose";
    choose.htmlFor = input.id;
    choose.textContent = "Chọn tệp";
    input.classList.add("mb-drop__input--behind");
    const none = document.createElement("span");
    none.className = "mb-drop__none";
    none.textContent = "Chưa chọn tệp nào.";
    const list = document.createElement("ul");
    list.className = "mb-drop__files";
    list.setAttribute("aria-live", "polite");
    zone.prepend(invitation, choose, none);
    zone.append(list);

    const show = () => {
      const limit = Number(zone.dataset.maxBytes);
      none.hidden = input.files.length > 0;
      list.replaceChildren(
        ...Array.from(input.files, (file) => {
          const line = document.createElement("li");
          const refused = file.size > limit;
          line.className = refused ? "is-refused" : "";
          const words = refused
            ? `${sizeInWords(file.size)}, lớn hơn mức ${sizeInWords(limit)}; đề nghị tách tệp`
            : sizeInWords(file.size);
          for (const text of [file.name, words]) {
            const part = document.createElement("span");
            part.textContent = text;
            line.append(part);
          }
          return line;
        }),
      );
    };
    const over = (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    };
    zone.addEventListener("dragenter", over);
    zone.addEventListener("dragover", over);
    zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("is-over");
      const chosen = new DataTransfer();
      for (const file of event.dataTransfer.files) {
        if (input.multiple || chosen.files.length === 0) chosen.items.add(file);
      }
      input.files = chosen.files;
      show();
    });
    input.addEventListener("change", show);
  }

  function copyButton(button) {
    const label = button.textContent;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = "Đã sao chép";
      setTimeout(() => (button.textContent = label), 2000);
    });
  }

  // ---- focus ----

  function takeFocus(root) {
    root.querySelector(".govuk-error-summary[data-focus], [data-focus]")?.focus();
  }

  function followErrorLink(event) {
    const link = event.target.closest(".govuk-error-summary a[href^='#']");
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    (field.closest(".govuk-form-group") ?? field).scrollIntoView();
    field.focus({ preventScroll: true });
  }

  function lightBox(event) {
    const name = event.target.dataset?.box ?? event.target.name;
    const boxes = document.querySelectorAll("rect[data-field]");
    for (const box of boxes) {
      const mine = box.dataset.field === name;
      box.classList.toggle("is-focused", mine);
      if (mine) showBox(box);
    }
  }

  // Scrolls the pane of page images only, so that the field in focus stays where it is.
  function showBox(box) {
    const pane = box.closest("[data-zoom-pane]");
    if (!pane) return box.scrollIntoView({ block: "center", inline: "nearest" });
    const [frame, place] = [pane.getBoundingClientRect(), box.getBoundingClientRect()];
    pane.scrollBy(
      place.left + place.width / 2 - frame.left - frame.width / 2,
      place.top + place.height / 2 - frame.top - frame.height / 2,
    );
  }

  function zoomButton(button) {
    const pane = button.closest("[data-zoom-pane]");
    button.hidden = false;
    button.addEventListener("click", () => {
      const zoomed = pane.classList.toggle("is-zoomed");
      button.setAttribute("aria-pressed", String(zoomed));
      const lit = pane.querySelector("rect.is-focused");
      if (lit) showBox(lit);
    });
  }

  function nextDoubtful(event) {
    if (event.key !== "F8" || event.ctrlKey || event.altKey || event.metaKey) return;
    const fields = [...document.querySelectorAll("[data-doubtful]")].map((group) =>
      group.querySelector("input, select, textarea"),
    );
    if (fields.length === 0) return;
    event.preventDefault();
    const here = document.activeElement;
    const is = (field, where) => (here.compareDocumentPosition(field) & where) !== 0;
    const next = event.shiftKey
      ? (fields.findLast((field) => is(field, Node.DOCUMENT_POSITION_PRECEDING)) ?? fields.at(-1))
      : (fields.find((field) => is(field, Node.DOCUMENT_POSITION_FOLLOWING)) ?? fields[0]);
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  }

  // ---- wiring ----

  function enhance(root) {
    const each = (selector, act) => {
      const found = [...root.querySelectorAll(selector)];
      if (root.matches?.(selector)) found.unshift(root);
      for (const element of found) {
        if (element.dataset.enhanced) continue;
        element.dataset.enhanced = "1";
        act(element);
      }
    };
    each("form[data-autosave]", autosave);
    each("[data-drop]", dropZone);
    each("[data-zoom]", zoomButton);
    if (navigator.clipboard) each("[data-copy]", copyButton);
  }

  // A second press within three seconds is not a second act (the server's idempotency key is the real guard).
  function guardResend(event) {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    const now = performance.now();
    if (now - Number(form.dataset.sentAt ?? -RESEND_GUARD_MS) < RESEND_GUARD_MS) event.preventDefault();
    else form.dataset.sentAt = String(now);
  }

  function pollFailed(event, text) {
    const state = event.target.querySelector?.("[data-poll-state]");
    if (state) state.textContent = text;
  }

  document.addEventListener("submit", guardResend);
  document.addEventListener("click", followErrorLink);
  document.addEventListener("focusin", lightBox);
  document.addEventListener("keydown", nextDoubtful);
  document.addEventListener("focusout", (event) => {
    if (event.target.matches("input[data-money]")) groupDigits(event.target);
  });
  document.addEventListener("htmx:load", (event) => enhance(event.target));
  document.addEventListener("htmx:afterSwap", (event) => takeFocus(event.target));
  document.addEventListener("htmx:sendError", (event) => pollFailed(event, "Mất kết nối; hệ thống đang thử lại."));
  document.addEventListener("htmx:responseError", (event) =>
    pollFailed(event, "Chưa lấy được tiến độ; đề nghị tải lại trang."),
  );
  enhance(document);
  takeFocus(document);
})();
