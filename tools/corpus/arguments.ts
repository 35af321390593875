/** Why core/mime differs from the corpus's expectations, kind by kind. A difference that no argument explains is a fault. */
export interface Argument {
  readonly title: string;
  readonly reason: string;
  /** Matches "category place" of the differences that it explains. */
  readonly explains: RegExp;
}

export const corpusArguments: readonly Argument[] = [
  {
    title: "Pictures shown in the body are not attachments too",
    reason:
      "RFC 8621 §4.1.4: an attachment is a part that is in neither textBody nor htmlBody, or a picture, sound or film that is not in both. These pictures are in both lists (which agree with the expectation); the expectation lists them as attachments as well.",
    explains: /^attachments (?:legacy-0(?:30|32|35|37|39|44|48)|thirdparty-013|malformed-017|rfc-002)\.eml/,
  },
  {
    title: "Parts of an unfinished multipart are body parts",
    reason:
      "The last delimiter is missing. RFC 8621 §4.1.4 decides by type and disposition, so the text is shown; the expectation puts every part of an unfinished multipart among the attachments, where a reader would not see it.",
    explains: /^(?:textBody|htmlBody|attachments) malformed-00[346]\.eml/,
  },
  {
    title: "A multipart without any part is shown as text",
    reason:
      "No delimiter line follows. Its octets are kept as one text/plain part so that nothing is hidden; the expectation has an empty multipart, or an attachment, instead.",
    explains: /malformed-00[12]\.eml/,
  },
  {
    title: "A delimiter ends a header block that has no empty line",
    reason:
      "RFC 2046 §5.1.1: a delimiter line always ends a part, whatever state its header is in. The expectation reads on over it and loses the parts that follow.",
    explains: /malformed-00[07]\.eml/,
  },
  {
    title: "The delimiter of an outer multipart ends the inner one",
    reason:
      "RFC 2046 §5.1.2: an enclosing boundary ends unfinished inner multiparts (longest match first where one boundary begins with another). The expectation does not look for outer boundaries inside a last inner part, and so swallows the following parts into its text.",
    explains: /malformed-0(?:08|09|11|12|16)\.eml/,
  },
  {
    title: "The outer boundary ends messages inside a part as well",
    reason:
      "RFC 2046 §5.1.2. The attached messages declare multiparts of their own but hold none of their parts, and the next line is the outer delimiter. The expectation nests the second and third message into the first one's header.",
    explains: /thirdparty-015\.eml(?!.*(?:return-path|dkim|ui-inbound))/,
  },
  {
    title: "message/rfc822 is a message by its type, however odd its text",
    reason: "RFC 8621 §4.1.4: `type` is the header's value. Whether it can be read as a message is found out by Email/parse.",
    explains: /^structure malformed-022\.eml/,
  },
  {
    title: "Base64 that is none is decoded as RFC 2045 says",
    reason:
      "RFC 2045 §6.8: characters outside the alphabet are ignored. The expectation gives up, shows the encoded text and changes the part's type to text, or drops the last octets.",
    explains: /(?:rfc-000\.eml(?:#[45])?$|thirdparty-002\.eml)/,
  },
  {
    title: "Octets that the charset does not know are read as windows-1252",
    reason:
      "RFC 8621 §4.1.4 lets a server guess where the charset is missing or wrong. The text is readable, and isEncodingProblem is true. The expectation has U+FFFD.",
    explains: /^content legacy-0(?:26|52)\.eml/,
  },
  {
    title: "A lone CR is content",
    reason: "RFC 8621 §4.1.4 replaces CRLF by LF and nothing else.",
    explains: /^content legacy-049\.eml/,
  },
  {
    title: "A delimiter stands at the start of a line",
    reason: "RFC 2046 §5.1.1. The expectation accepts one in the middle of a line, which would let text end a part.",
    explains: /^content thirdparty-005\.eml/,
  },
  {
    title: "Unfolding removes line ends and nothing else",
    reason:
      "RFC 5322 §2.2.3, as RFC 8621 §4.1.2.2 asks. The expectation folds runs of white space into one space for fields that it knows and keeps the line ends of those that it does not.",
    explains: /^(?:header text .* (?:user-agent|x-ymail-osg|dkim-signature|ui-inboundreport)|field texts "(?: Fwd| FWD| from x\.y| let's))/,
  },
  {
    title: "Text that only looks like an encoded word is not decoded",
    reason:
      "RFC 8621 §4.1.2.2: what violates the placement or white space rules of RFC 2047 MUST NOT be decoded. The expectation decodes words with spaces inside, words glued to other text, and words cut by a fold. (Display names and file names are decoded in quotes as well, as everyone does.)",
    explains: /^field texts "/,
  },
  {
    title: "Return-Path keeps its angle brackets",
    reason: "RFC 8621 allows only the Raw form for it.",
    explains: /^header text .* return-path/,
  },
  {
    title: "Comments are discarded where there is a display name",
    reason: "RFC 8621 §4.1.2.3: group and comment information is discarded; a comment is used only when there is no display name.",
    explains: /^(?:header addresses rfc-002|field addresses "(?:Pete|A Group\(|\(Empty|John Doe <jdoe@machine|Nathaniel|Name \())/,
  },
  {
    title: "Source routes are removed, obsolete white space around dots too",
    reason: "RFC 5322 §4.4: the route is to be ignored; §3.2.3: the white space is no part of the address.",
    explains: /^field (?:addresses "Mary Smith <@node|ids "<1234 {3}@)/,
  },
  {
    title: "Words without @ are addresses that do not conform",
    reason: "RFC 8621 §4.1.2.3: an email property MAY not conform to addr-spec, so that unfinished drafts keep what was typed.",
    explains: /^header addresses rfc-00[0149]\.eml/,
  },
  {
    title: "What is no date and no id is null",
    reason:
      "RFC 8621 §4.1.2.5 and §4.1.2.6. The expectation guesses a date from other numbers, takes one from a trace field, and takes any word for an id.",
    explains: /^(?:field dates|field ids " {3}m|header date malformed-019|header empty rfc-001)/,
  },
  {
    title: "Parameters: first of two counts, white space in quotes stays, nonsense names stay nonsense",
    reason:
      "RFC 2045 §5.1 and RFC 2231. The expectation takes the last of two parameters, repairs names with several asterisks, and keeps NUL.",
    explains: /^(?:header parameters thirdparty-010|field parameters|header empty malformed-017)/,
  },
];
