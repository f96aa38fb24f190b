// Useful beside a page that works without it: the end of the session is told before it comes, and
// what stands in a form that was not sent is still there after signing in again. A form that cannot
// reach us stays where it is, and one to which somebody comes back is still the same form.
"use strict";
(() => {
  const WARN = 5 * 60 * 1000;
  // What somebody writes is use of the session: we are told so often at most.
  const APART = 60 * 1000;
  const ends = document.getElementById("ends");
  let left = 1000 * document.body.dataset.left, most = 1000 * document.body.dataset.atMost;
  let since = Date.now(), timer;
  const watch = () => {
    clearTimeout(timer);
    ends.hidden = true;
    timer = setTimeout(() => {
      // At its very end it takes a new sign-in.
      const over = most - (Date.now() - since) < 2 * WARN;
      ends.querySelector("button").hidden = over;
      ends.querySelector("a").hidden = !over;
      ends.hidden = false;
    }, Math.max(left - WARN, 0));
  };
  const use = async () => {
    since = Date.now();
    const answer = await fetch("/session", { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    const said = await answer.json();
    [left, most] = [1000 * said.left, 1000 * said.at_most];
    ends.querySelector("span").textContent = said.told;
    watch();
  };
  if (ends) {
    watch();
    document.addEventListener("input", () => { if (Date.now() - since > APART) use(); });
    ends.querySelector("button").addEventListener("click", use);
    // Perhaps somebody has signed in again meanwhile in another window.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !ends.hidden) use();
    });
  }
  const faults = document.getElementById("faults");
  if (faults) faults.focus();
  // What was done, or by whom, need not be kept any more.
  for (const one of document.querySelectorAll("[data-forget]")) {
    if (one.dataset.forget === "all") sessionStorage.clear();
    else sessionStorage.removeItem("form " + one.dataset.forget);
  }

  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const name = "form " + form.dataset.keep;
  const fields = () => [...form.elements].filter(
    (one) => one.name && !["hidden", "file", "submit"].includes(one.type));
  const kept = faults ? null : JSON.parse(sessionStorage.getItem(name) || "null");
  if (kept) {
    for (const one of fields()) {
      const values = kept.said[one.name] || [];
      if (one.type === "checkbox" || one.type === "radio") one.checked = values.includes(one.value);
      else if (values.length) one.value = values[0];
    }
  }
  // Whoever comes back to a form finds the very same one, and what it has done is not done again.
  const key = form.elements.namedItem("key");
  if (key) {
    key.value = history.state?.key ?? kept?.key ?? key.value;
    history.replaceState({ ...history.state, key: key.value }, "");
  }
  const keep = () => {
    const said = {};
    for (const one of fields()) {
      if ((one.type === "checkbox" || one.type === "radio") && !one.checked) continue;
      (said[one.name] ||= []).push(one.value);
    }
    sessionStorage.setItem(name, JSON.stringify({ said, key: key?.value }));
  };
  form.addEventListener("input", keep);
  form.addEventListener("submit", keep);
  if (faults) keep();
})();
// A form leaves its page once we have answered: else the browser would show a page of its own, and
// what was typed would be behind it.
(() => {
  const LONGEST = 10 * 1000;
  const told = document.getElementById("unreachable");
  const there = () => fetch("/look/page.js", {
    method: "HEAD", cache: "no-store", signal: AbortSignal.timeout?.(LONGEST),
  }).then((answer) => answer.ok, () => false);
  addEventListener("submit", async (event) => {
    const form = event.target, by = event.submitter;
    if (form.method !== "post" || form.dataset.sent === "goes") return;
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "asks";
    told.hidden = true;
    if (!await there()) {
      delete form.dataset.sent;
      (by || form.firstElementChild).before(told);
      told.hidden = false;
      told.focus();
      return;
    }
    form.dataset.sent = "goes";
    form.requestSubmit(by);
    // What comes as a file leaves the page as it is; a form with words of somebody is sent once.
    if (form.dataset.keep === undefined) delete form.dataset.sent;
    else form.dataset.sent = "gone";
  });
  // The page may come back from the browser's memory.
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
})();
// The phone has signed: the page goes on by itself.
document.addEventListener("htmx:afterSwap", () => {
  const form = document.getElementById("with-phone");
  if (form && document.querySelector("[data-signed]")) form.requestSubmit();
});
// The signer on the own machine (NCALayer): it shows its own window, and gives back a signature.
(() => {
  const question = (data) => JSON.stringify({
    module: "kz.gov.pki.knca.basics",
    method: "sign",
    args: {
      allowedStorages: ["PKCS12", "AKKaztokenStore", "AKKZIDCardStore", "AKEToken72KStore"],
      format: "cms",
      data,
      signingParams: { decode: true, encapsulate: false, digested: false, tsaProfile: {} },
      signerParams: { extKeyUsageOids: ["1.3.6.1.5.5.7.3.4"] },
      locale: document.documentElement.lang,
    },
  });
  for (const box of document.querySelectorAll("[data-sign]")) {
    const button = box.querySelector("button.signer");
    const told = box.querySelector("[role=alert]");
    if (!box.dataset.signer) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const socket = new WebSocket(box.dataset.signer);
      button.disabled = true;
      told.hidden = true;
      const end = (well) => { button.disabled = false; told.hidden = well; socket.close(); };
      socket.onopen = () => socket.send(question(box.dataset.sign));
      socket.onerror = () => end(false);
      socket.onmessage = (event) => {
        const said = JSON.parse(event.data);
        if (said.status === undefined) return;
        const made = said.status && said.body && said.body.result && said.body.result[0];
        if (made) box.querySelector("textarea").value = made;
        end(Boolean(made));
      };
    });
  }
})();
