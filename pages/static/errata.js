// Copy buttons: shown only where the browser can copy. Nothing else on this site needs a script.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }
}

// Pages of work under way look again by themselves, as long as nobody is using them.
for (const part of document.querySelectorAll("[data-reload]")) {
  setTimeout(() => { if (!document.hidden) location.reload(); }, 1000 * Number(part.dataset.reload));
}
