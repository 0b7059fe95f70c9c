import { OrderbooksError } from '../../runtime/errors.ts';

/** A command for a cluster that could not do what was asked; the message says what is known of the outcome. */
export class ClusterError extends OrderbooksError {
  /** Whether a change that was asked for may have been made all the same. */
  readonly outcomeUnknown: boolean;

  constructor(
    code: string,
    message: string,
    options: { readonly cause?: unknown; readonly outcomeUnknown?: boolean } = {},
  ) {
    super(code, message, options);
    this.outcomeUnknown = options.outcomeUnknown === true;
  }
}

export type FailureCode =
  | 'CONTEXT_UNKNOWN'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'KIND_UNKNOWN'
  | 'CONFLICT'
  | 'TOO_MANY_REQUESTS'
  | 'TIME_OUT'
  | 'BROKEN_ANSWER'
  | 'UNREACHABLE'
  | 'SERVER_ERROR'
  | 'PROGRAM_KILLED'
  | 'PROGRAM_FAILED';

export interface Failure {
  readonly code: FailureCode;
  readonly advice: string;
  /** A write that ended so may have been carried out all the same. */
  readonly outcomeUnknown: boolean;
}

/** What words of kubectl or helm mean, and what a person should do. First match counts: narrow ones stand first. */
export function failureOf(words: string): Failure {
  return (
    FAILURES.find(({ pattern }) => pattern.test(words)) ?? {
      code: 'PROGRAM_FAILED',
      advice: 'read the message above; running again continues where this stopped',
      outcomeUnknown: false,
    }
  );
}

const FAILURES: readonly (Failure & { readonly pattern: RegExp })[] = [
  {
    code: 'PROGRAM_KILLED',
    pattern: /ended by SIG[A-Z]+$/,
    advice: 'something on this machine ended it (a person, or too little memory); run again',
    outcomeUnknown: true,
  },
  {
    code: 'CONTEXT_UNKNOWN',
    pattern:
      /context "?[^"\n]*"? does not exist|context was not found|no configuration has been provided|current-context is not set|stat [^\n]*: no such file/i,
    advice: 'name a context of your kubeconfig: kubectl config get-contexts lists them',
    outcomeUnknown: false,
  },
  {
    code: 'UNAUTHORIZED',
    pattern: /\(Unauthorized\)|\bUnauthorized\b|must be logged in|provide credentials/,
    advice:
      'sign in to the cluster again; the credentials of this context are missing, expired or revoked',
    outcomeUnknown: false,
  },
  {
    code: 'KIND_UNKNOWN',
    pattern:
      /no matches for kind|doesn't have a resource type|could not find the requested resource/,
    advice: 'the cluster does not know this kind: the component that brings it is not installed',
    outcomeUnknown: false,
  },
  {
    code: 'FORBIDDEN',
    pattern: /\(Forbidden\)|is forbidden|\bforbidden:/i,
    advice: 'ask an administrator of the cluster for this permission, or use a context that has it',
    outcomeUnknown: false,
  },
  {
    code: 'CONFLICT',
    pattern:
      /\(Conflict\)|Apply failed with|the object has been modified|another operation \(install\/upgrade\/rollback\) is in progress/,
    advice:
      'somebody else changes the same thing (an operator, Argo CD, another run); find out who owns it, then run again',
    outcomeUnknown: false,
  },
  {
    code: 'TOO_MANY_REQUESTS',
    pattern: /\(TooManyRequests\)|too many requests|\b429\b/i,
    advice: 'the API server sheds load; wait a minute and run again',
    outcomeUnknown: false,
  },
  {
    code: 'TIME_OUT',
    pattern:
      /no answer within|context deadline exceeded|Client\.Timeout|i\/o timeout|TLS handshake timeout|\(Timeout\)|timed out waiting/,
    advice:
      'see whether the API server is slow or cut off (kubectl get --raw /readyz), then run again',
    outcomeUnknown: true,
  },
  {
    code: 'BROKEN_ANSWER',
    pattern:
      /unexpected EOF|: EOF\b|connection reset|broken pipe|server closed idle connection|unexpected end of JSON|invalid character|malformed|stream error/,
    advice:
      'the answer was cut off or garbled on its way; look at proxies in between, then run again',
    outcomeUnknown: true,
  },
  {
    code: 'UNREACHABLE',
    pattern:
      /Unable to connect|connection refused|no such host|network is unreachable|no route to host|certificate signed by unknown authority|x509:|cluster unreachable/i,
    advice: 'check the address of the context, the network to it and its certificate',
    outcomeUnknown: false,
  },
  {
    code: 'SERVER_ERROR',
    pattern:
      /\(InternalError\)|\(ServiceUnavailable\)|an error on the server|Internal error|\b50[0-4]\b/i,
    advice:
      'the API server or a webhook behind it fails; its log says why (kubectl get --raw /readyz?verbose), then run again',
    outcomeUnknown: true,
  },
  {
    code: 'NOT_FOUND',
    pattern: /\(NotFound\)|not found/,
    advice: 'what was asked for is not there; an earlier step may be missing',
    outcomeUnknown: false,
  },
];
