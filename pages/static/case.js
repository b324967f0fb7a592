// An expert's case: keeps what is typed on the hub, the claim while the page is open, and the time.
const form = document.querySelector("form[data-draft]");
if (form) {
  const said = form.querySelector("[data-said]");
  const IDLE = 30_000; // after that long without a touch the clock stands
  let dirty = false, sending = false, timer = 0, seconds = 0, touched = Date.now(), leaving = false;
  let held = "held" in form.dataset;

  const body = (typed) => {
    const data = new FormData(form);
    data.set("seconds", Math.min(seconds, 900));
    if (typed) data.set("typed", "1");
    return data;
  };

  async function keep() {
    clearTimeout(timer);
    if (sending || leaving || !(dirty || held)) return;
    const typed = dirty, spent = seconds;
    const data = body(typed);
    sending = true;
    dirty = false;
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: data });
      if (answer.status >= 500) throw new Error();
      seconds -= Math.min(spent, 900);
      if (!answer.ok) {
        held = false;
        said.textContent = "Not saved: this case cannot be worked on any more. Load the page again.";
        return;
      }
      const kept = await answer.json();
      held = kept.held;
      said.textContent = kept.because || (typed && !dirty ? "Saved." : said.textContent);
    } catch {
      dirty = dirty || typed;
      said.textContent = "No connection: kept on this page, and saved as soon as there is one.";
      timer = setTimeout(keep, 5_000);
    } finally {
      sending = false;
      if (dirty && !timer) timer = setTimeout(keep, 800);
    }
  }

  form.addEventListener("input", () => {
    dirty = true;
    said.textContent = "…";
    clearTimeout(timer);
    timer = setTimeout(() => { timer = 0; keep(); }, 800);
  });
  form.addEventListener("submit", (event) => {
    leaving = true;
    const finishes = ["first", "decide", "decide_next"].includes(event.submitter?.value);
    if (finishes) form.querySelector("[name=seconds]").value = seconds; // goes with the answer
    else navigator.sendBeacon(form.dataset.draft, body(true));
  });
  addEventListener("online", keep);
  addEventListener("pagehide", () => {
    if (!leaving && (dirty || seconds)) navigator.sendBeacon(form.dataset.draft, body(dirty));
  });
  setInterval(() => { if (seconds > 60 || held) keep(); }, 180_000);
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll", "touchstart"]) {
    addEventListener(kind, () => { touched = Date.now(); }, { passive: true, capture: true });
  }
  setInterval(() => {
    if (!document.hidden && Date.now() - touched < IDLE) seconds += 1;
  }, 1_000);

  // What the calculator came to; without a script its link hands that over.
  document.addEventListener("click", (event) => {
    const use = event.target.closest("[data-use]");
    if (!use) return;
    event.preventDefault();
    form.querySelector("[name=outcome][value=answer]")?.click();
    const answer = form.querySelector("[name=answer]");
    answer.value = use.dataset.use;
    form.querySelector("[name=entities]").value = use.dataset.entities;
    answer.dispatchEvent(new Event("input", { bubbles: true }));
    answer.focus();
  });

  // Keys, for who has a keyboard; nothing happens while somebody types in a field.
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      form.querySelector(".button.primary").click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=radio]), textarea, select")) return;
    const options = form.querySelectorAll("[name=outcome]");
    const leave = document.querySelector("#leave");
    if (event.key === "?") document.querySelector("#keys")?.showModal();
    else if (event.key === "a") form.querySelector("[name=answer]").focus();
    else if (event.key === "w") form.querySelector("[name=rationale]").focus();
    else if (event.key === "s" && leave) { leave.open = true; leave.querySelector("input[type=text]").focus(); }
    else if (options[event.key - 1]) options[event.key - 1].click();
    else return;
    event.preventDefault();
  });
}
