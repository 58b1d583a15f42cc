// Hear the voice that is chosen just now.

export function wireListen() {
  const button = document.querySelector("[data-listen]");
  const select = document.querySelector("select[name='voice']");
  if (!(button instanceof HTMLButtonElement) || !(select instanceof HTMLSelectElement)) return;
  const said = document.querySelector("[data-listen-said]");
  const sound = new Audio();
  button.addEventListener("click", () => {
    sound.src = (button.dataset.url ?? "").replace("VOICE", select.value);
    if (said) said.textContent = "";
    sound.play().catch(() => {
      if (said) said.textContent = button.dataset.failed ?? "";
    });
  });
}
