/** Registers the service worker where browsers allow one: on https, and on this machine itself. */

/** Failing costs nothing but the app on the home screen and its share sheet. */
export function startWorker() {
  const worker = document.documentElement.dataset.worker;
  if (!worker || !isSecureContext || !("serviceWorker" in navigator) || top !== self) return;
  addEventListener("load", () => {
    navigator.serviceWorker
      .register(worker, { scope: "/", updateViaCache: "none" })
      .catch((refused) => console.warn(refused));
  });
}

/** The page that stands in for one that could not be reached gives way as soon as the network is back. */
export function startReturning() {
  addEventListener("online", () => {
    if (document.body.dataset.offline !== undefined) location.reload();
  });
}
