/** The choice of a language: a form that is sent as soon as another one is chosen. */

/** Sends every `[data-language-choice]` form by itself. */
export function startLanguageChoice() {
  document.addEventListener("change", (event) => {
    const form = event.target instanceof Element ? event.target.closest("[data-language-choice]") : null;
    if (form instanceof HTMLFormElement) form.requestSubmit();
  });
}
