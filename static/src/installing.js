/** Registers the service worker where browsers allow one: on https, and on this machine itself. */

/** Failing costs nothing but the app on the home screen and its share sheet. */
export function startWorker() {
  const worker = document.documentElement.dataset.worker;
  if (!worker || !isSecureContext || !("serviceWorker" in navigator) || top !== self) return;
  addEventListener("load", () => {
    navigator.serviceWorker
      .register(worker, { scope: "/", updateViaCache: "none" })
      // A browser looks for a new one when it pleases; an old one that has to go must not stay for that.
      .then((registration) => registration.update())
      .catch((refused) => console.warn(refused));
  });
}

const ASK_EVERY = 3_000; // ms

/**
 * The page that stands in for one that could not be reached gives way as soon as the server answers. Being "online" is
 * not enough for that: a browser says so as soon as there is any network.
 */
export function startReturning() {
  const ask = async () => {
    try {
      if ((await fetch("/healthz", { cache: "no-store" })).ok) location.reload();
    } catch (unreachable) {
      // It is asked again with the next turn.
    }
  };
  addEventListener("DOMContentLoaded", () => {
    const own = document.body.dataset.offline; // the address of the page itself
    if (own === undefined || own === location.pathname) return;
    setInterval(ask, ASK_EVERY);
    addEventListener("online", ask);
  });
}
