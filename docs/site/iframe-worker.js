// Browsers start no worker from file://, so there the search runs in a hidden frame that looks like a worker.
if (location.protocol === "file:") {
  // A message is a copy, and comes later.
  const send = (target, message) => {
    const data = structuredClone(message);
    setTimeout(() => target.dispatchEvent(new MessageEvent("message", { data })));
  };

  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.addEventListener("message", (event) => this.onmessage?.(event));
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.answer = (data) => send(this, data);
      this.frame.srcdoc = `<script>postMessage = frameElement.answer</script><script src="${address}"></script>`;
      this.ready = new Promise((done) => { this.frame.onload = done; });
      document.documentElement.append(this.frame);
    }

    postMessage(data) {
      this.ready.then(() => send(this.frame.contentWindow, data));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
