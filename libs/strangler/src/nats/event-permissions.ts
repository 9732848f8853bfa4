import type { Subjects } from './subjects.js';

/** What the monolith does to a stream and its readers' consumers: it makes them. So it might take other subjects of its account into one. */
export const makingStream = (stream: string): string[] => [
  ...['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.*`,
];

/** What a service does that tells something: it looks for the stream, and tells it events of its own module. */
export const tellingStream = (subjects: Subjects, stream: string, module: string): string[] => [
  `$JS.API.STREAM.INFO.${stream}`,
  subjects.events(`${module}.>`),
];

/**
 * An outsider: takes the next event from the consumer that was made for it, and says that it has it. It makes none: whoever makes a consumer
 * may have the server send events to any subject.
 */
export const readerUser = (subjects: Subjects, stream: string, reader: string) => ({
  name: subjects.userOf(reader),
  publish: [
    ...['INFO', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${reader}`),
    `$JS.ACK.${stream}.${reader}.>`,
  ],
  subscribe: [`${subjects.inboxOf(reader)}.>`],
});
