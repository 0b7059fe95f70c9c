/** An event on its way to the websockets. */
export interface WireEvent {
  readonly json: string;
  /** Tokens it is about. A connection subscribed to any of them gets it. */
  readonly tokens: readonly string[];
  /** `custom`: only for connections that asked for custom features. `global`: for all of those, whatever they subscribed to. */
  readonly audience: 'subscribed' | 'custom' | 'global';
}

/** Events that happen together: a frame each, or one array of them. */
export interface Batch {
  readonly events: readonly WireEvent[];
  readonly array: boolean;
}

/** How generated frames look. */
export interface FrameStyle {
  /** A space after commas, as the wire had until May 2026. */
  readonly spaced: boolean;
  /** Share of batches of several events that go out as one array. */
  readonly arrays: number;
  /** Share of steps that add an event of an unknown type, and unknown fields to known ones. */
  readonly surprises: number;
  /** Share of `price_change` frames that are sent twice. */
  readonly duplicates: number;
  /** Share of trades whose price enters the hash before it is announced. */
  readonly tradePriceLead: number;
}
