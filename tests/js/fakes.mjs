// What a browser would bring: a socket, a peer connection, a mediasoup device, all driven by the test.

export class FakeSocket extends EventTarget {
  readyState = 0;
  sent = [];
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  hear(message) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  drop(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
  close() {
    this.readyState = 3;
  }
  last(type) {
    return this.sent.findLast((message) => message.type === type);
  }
}

let sessions = 0;

/** Enough of RTCPeerConnection for negotiation: descriptions, states, candidates. */
export class FakeConnection extends EventTarget {
  constructor() {
    super();
    this.session = ++sessions;
    this.version = 0;
    this.signalingState = "stable";
    this.connectionState = "new";
    this.localDescription = this.remoteDescription = null;
    this.candidates = [];
    this.restarts = 0;
    this.senders = [];
    this.closed = false;
  }
  addTrack(track) {
    this.senders.push({ track });
    this.want();
  }
  getSenders() {
    return this.senders;
  }
  getTransceivers() {
    return this.senders;
  }
  want() {
    queueMicrotask(() => this.signalingState === "stable" && this.dispatchEvent(new Event("negotiationneeded")));
  }
  restartIce() {
    this.restarts += 1;
    this.want();
  }
  async setLocalDescription() {
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    this.localDescription = { type, sdp: `v=0\r\no=- ${this.session} ${++this.version} IN IP4 0.0.0.0\r\n` };
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
  }
  async setRemoteDescription(description) {
    if (description.sdp.includes("broken")) throw new Error("cannot be read");
    this.remoteDescription = description;
    this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
  }
  async addIceCandidate(candidate) {
    if (!this.remoteDescription) throw new Error("no description");
    this.candidates.push(candidate ?? null);
  }
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  close() {
    this.closed = true;
  }
}

class Emitter {
  handlers = {};
  on(name, handler) {
    this.handlers[name] = handler;
  }
}

class FakeTransport extends Emitter {
  constructor(id, device) {
    super();
    this.id = id;
    this.device = device;
    this.closed = false;
  }
  async produce({ track, codecOptions }) {
    this.options = codecOptions;
    await new Promise((done, failed) => this.handlers.connect({ dtlsParameters: {} }, done, failed));
    const { id } = await new Promise((done, failed) => this.handlers.produce({ kind: track.kind ?? "audio", rtpParameters: {} }, done, failed));
    this.handlers.connectionstatechange("connected");
    return { id, track, getStats: async () => this.device.stats, close: () => this.device.ended.push(id) };
  }
  async consume(parameters) {
    return { id: parameters.id, track: Object.assign(new EventTarget(), { consumed: parameters.producerId }), getStats: async () => new Map() };
  }
  close() {
    this.closed = true;
  }
}

export class FakeDevice {
  recvRtpCapabilities = { codecs: [] };
  transports = [];
  stats = new Map();
  ended = [];
  async load(parameters) {
    this.loaded = parameters;
  }
  createSendTransport(parameters) {
    return this.#make(parameters);
  }
  createRecvTransport(parameters) {
    return this.#make(parameters);
  }
  #make(parameters) {
    const transport = new FakeTransport(parameters.id, this);
    transport.parameters = parameters;
    this.transports.push(transport);
    return transport;
  }
}

/** Let every promise that can settle do so. */
export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
