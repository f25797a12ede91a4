/** Up to what cannot be in a URL inside a sentence, JSON or angle brackets. */
const WEB_ADDRESS = /\b(?:https?|wss?):\/\/[^\s"'`<>\\]+/gi;
const PARTS = /^(\w+:\/\/)(?:[^/?#]*@)?([^/?#]*)(.*?)([.,;:!)\]}]*)$/;

/** The text with every web address cut to its origin: providers put their keys into paths, queries and user names. */
export function redactUrls(text: string): string {
  return text.replace(WEB_ADDRESS, (url) => {
    const [, scheme = '', host = '', rest = '', punctuation = ''] = PARTS.exec(url) ?? [];
    return `${scheme}${host}${rest === '' || rest === '/' ? '' : '/***'}${punctuation}`;
  });
}
