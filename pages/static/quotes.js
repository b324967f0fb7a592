// Evidence by tapping: a sentence of the inputs, or any selected text, becomes a line of the
// quotes field. Without this script the field takes typed or pasted lines just as well.
(() => {
  const field = document.querySelector("[data-quotes]");
  const places = document.querySelector("[name=places]");
  const panel = document.querySelector("[data-quotable]");
  if (!field || !places || !panel) return;

  const oneLine = (text) => text.replace(/\s+/g, " ").trim();
  const lines = () => field.value.split("\n").map((line) => line.trim()).filter(Boolean);
  let known = [];
  try { known = JSON.parse(places.value || "[]"); } catch { known = []; }

  const hint = document.createElement("p");
  hint.className = "help";
  hint.textContent = "Tap a sentence, or select any text, to attach it as evidence.";
  panel.querySelector("h2").after(hint);

  const attach = document.createElement("button");
  attach.type = "button";
  attach.className = "button primary attach";
  attach.hidden = true;
  attach.textContent = "Attach the selected text";
  document.body.append(attach);

  const told = document.createElement("p");
  told.className = "visually-hidden";
  told.setAttribute("role", "status");
  panel.append(told);

  function change(next, sentence) {
    field.value = next.join("\n");
    places.value = JSON.stringify(known.filter((each) => next.includes(each.text)));
    told.textContent = sentence;
    mark();
  }

  function add(text, input, start) {
    text = oneLine(text);
    if (!text || lines().includes(text)) return;
    known.push({ text, input, start });
    change([...lines(), text], `Attached: ${text}`);
  }

  function remove(text) {
    known = known.filter((each) => each.text !== text);
    change(lines().filter((line) => line !== text), `Taken out: ${text}`);
  }

  function mark() {
    const attached = lines();
    for (const each of panel.querySelectorAll(".sentence")) {
      each.classList.toggle("picked", attached.includes(oneLine(each.textContent)));
    }
  }

  for (const text of panel.querySelectorAll("[data-input]")) {
    const whole = text.textContent;
    const parts = whole.match(/[^.!?\n]+(?:[.!?]+(?!\s|$)[^.!?\n]*)*[.!?]*|[.!?\n]+/g) || [];
    let start = 0;
    text.textContent = "";
    for (const part of parts) {
      if (oneLine(part).length < 2) {
        text.append(part);
      } else {
        const sentence = document.createElement("span");
        sentence.className = "sentence";
        sentence.textContent = part;
        sentence.dataset.start = start;
        text.append(sentence);
      }
      start += part.length;
    }
    text.addEventListener("click", (event) => {
      const sentence = event.target.closest(".sentence");
      if (!sentence || !getSelection().isCollapsed) return;
      const words = oneLine(sentence.textContent);
      if (lines().includes(words)) remove(words);
      else add(words, text.dataset.input, Number(sentence.dataset.start));
    });
  }

  function selected() {
    const selection = getSelection();
    if (selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    const parent = range.commonAncestorContainer;
    const text = (parent.nodeType === 1 ? parent : parent.parentElement).closest("[data-input]");
    if (!text || !panel.contains(text)) return null;
    const before = document.createRange();
    before.setStart(text, 0);
    before.setEnd(range.startContainer, range.startOffset);
    return { text: range.toString(), input: text.dataset.input, start: before.toString().length };
  }

  document.addEventListener("selectionchange", () => { attach.hidden = !selected(); });
  attach.addEventListener("pointerdown", (event) => event.preventDefault());
  attach.addEventListener("click", () => {
    const found = selected();
    if (found) add(found.text, found.input, found.start);
    getSelection().removeAllRanges();
  });
  field.addEventListener("input", mark);
  mark();
})();
