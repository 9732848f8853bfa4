/** Something fails, and is mended. Each is done once. */
export interface Failing {
  begin(): Promise<void>;
  /** As whoever runs the shop would mend it. */
  end(): Promise<void>;
}
