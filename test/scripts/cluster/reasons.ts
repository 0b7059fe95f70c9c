/** What a command says of each broken answer. `status` has no room for codes: it says what they stand for. */
export const REASONS: Readonly<Record<string, RegExp>> = {
  UNAUTHORIZED: /UNAUTHORIZED|sign in to the cluster again/,
  FORBIDDEN: /FORBIDDEN|ask an administrator/,
  CONFLICT: /CONFLICT|somebody else changes the same thing/,
  TOO_MANY_REQUESTS: /TOO_MANY_REQUESTS|sheds load/,
  SERVER_ERROR: /SERVER_ERROR|a webhook behind it fails/,
  TIME_OUT: /TIME_OUT|slow or cut off/,
  BROKEN_ANSWER: /BROKEN_ANSWER|not as expected|cut off/,
};
