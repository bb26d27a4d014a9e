import { describeError } from '@myelin/kernel';

/** Passwords and user names of URLs in a text, whoever wrote it there. */
export function withoutSecrets(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1***@');
}

/** `host:port` of a URL. */
export function placeOf(address: string): string {
  if (!URL.canParse(address)) return 'an address that is no URL';
  const { host } = new URL(address);
  return host;
}

/** Why it failed, in one line. */
export function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const text = cause instanceof Error ? codeOrMessage(cause) : describeError(cause);
  return withoutSecrets(text.split('\n')[0] ?? '');
}

/** Refused connections to several addresses of one name come as an aggregate without a message. */
function codeOrMessage(failure: Error & { readonly code?: string }): string {
  return failure.message === '' ? (failure.code ?? failure.name) : failure.message;
}
