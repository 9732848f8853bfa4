/** Something about the sample shop that its operator can set right; the message is one clear sentence. */
export class SampleError extends Error {}
