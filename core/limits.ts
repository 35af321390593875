/**
 * Every bound in Penfold, with what happens at it. Units are in the names.
 * Change one here and the handlers, the JMAP session and the docs table follow.
 */
export const limits = {
  /** Reading hostile octets. At a bound the message is quarantined with the reason, its raw octets kept. */
  parse: {
    messageOctets: 40 * 1024 * 1024,
    headerOctets: 512 * 1024,
    headerFields: 2_000,
    headerFieldOctets: 128 * 1024,
    parts: 1_000,
    depth: 32,
    nestedMessages: 20,
    addressesPerField: 2_000,
    recipients: 1_000,
    previewCharacters: 256,
    references: 100,
  },
  /** Attachment inspection. Past a bound the archive counts as a bomb: quarantine. */
  scan: {
    archiveDepth: 3,
    archiveEntries: 2_000,
    archiveOctets: 200 * 1024 * 1024,
    archiveRatio: 200,
    malwareWaitSeconds: 900,
  },
  /** Expanding one message's envelope. Past a bound: bounced to an authenticated sender, else quarantined. */
  resolve: { listDepth: 10, listMembers: 50_000, aliasHops: 10 },
  /** The account log. */
  log: {
    /** Tries of one commit against racing writers; then a transient error (the caller retries). */
    commitAttempts: 12,
    /** DynamoDB item limit is 400 KB; a larger plan is split or refused with `tooLarge`. */
    entryOctets: 350 * 1024,
    /** A snapshot is asked for each time the sequence passes a multiple of this. */
    snapshotEveryEntries: 64,
    /** Destroyed ids remembered for /changes; older states get cannotCalculateChanges. */
    tombstones: 50_000,
    tailPageEntries: 500,
    /** A larger snapshot is not read before it is known that the account is to be loaded. */
    aheadOctets: 8 * 1024 * 1024,
  },
  /** RFC 8620 §2 capability `urn:ietf:params:jmap:core`, as advertised and enforced. */
  jmap: {
    maxSizeUpload: 4_000_000,
    maxConcurrentUpload: 8,
    maxSizeRequest: 4_000_000,
    maxConcurrentRequests: 8,
    maxCallsInRequest: 64,
    maxObjectsInGet: 1_000,
    maxObjectsInSet: 5_000,
    maxSizeBlobSet: 50_000_000,
    maxDataSources: 64,
    maxMailboxDepth: 10,
    maxSizeMailboxName: 255,
    /** Principals that one Mailbox is shared with. */
    sharesPerMailbox: 500,
    /** ShareNotifications kept for a person: past it some go (RFC 9670 §3, §6.3). */
    shareNotifications: 200,
    /** Entries of an organisation that a search among principals looks through. */
    principalsInSearch: 20_000,
    maxSizeAttachmentsPerEmail: 35_000_000,
    maxDelayedSendSeconds: 30 * 24 * 3600,
    jsonDepth: 64,
    filterDepth: 16,
    queryResults: 5_000,
    /** Ids in one /changes response; the rest follows by hasMoreChanges. */
    maxChanges: 20_000,
    /** Ids in one /queryChanges response, taken out and put in; past it cannotCalculateChanges, and the client reads the list anew. */
    queryChanges: 100_000,
    /** Text of bodies in one Email/get or Email/parse (a response has to fit the platform's 6 MB): one longer value is truncated, more together requestTooLarge. */
    bodyValueOctets: 4_000_000,
    /** Results that can be sorted by sender, recipient or subject, which need their items; past it unsupportedSort. */
    itemsInSort: 20_000,
    /** Messages that a search without an index may read; past it unsupportedFilter. */
    messagesInScan: 20_000,
    undoSecondsDefault: 10,
  },
  /**
   * A Lambda answers at most 6 MB, base64 included: larger downloads go by presigned URL or in ranges, larger API answers are refused
   * (RFC 8620 §3.6.1 limit). Tickets are taken once.
   */
  edge: {
    answerOctets: 5_900_000,
    inlineDownloadOctets: 4_000_000,
    gzipAboveOctets: 4_096,
    presignSeconds: 300,
    ticketSeconds: 60,
    /** Cognito issues no access token that lives longer: one that says so is not believed. */
    tokenSeconds: 86_400,
    /** By which clocks may differ. */
    clockSkewSeconds: 60,
    /** Per person. A browser's reconnecting event source counts once every 25 s. */
    requestsPerMinute: 1_800,
    uploadsPerMinute: 300,
    eventSources: 8,
    eventSourcesPerMinute: 120,
    /** A place of a request that died is free again after this: a second more than the function lives. */
    requestSeconds: 30,
    eventSourceSeconds: 25,
    eventSourcePingSeconds: 5,
    socketMessageOctets: 128 * 1024,
  },
  /** Web Push (RFC 8620 §7.2). Past a bound a subscription is refused (overQuota, rateLimit), a push given up: the client compares states later. */
  push: {
    subscriptions: 32,
    creationsPerHour: 60,
    urlOctets: 2_048,
    types: 64,
    lifeDays: 7,
    keysHeldSeconds: 60,
    /** How long a push service keeps a message for a device that is off. */
    ttlSeconds: 86_400,
    attempts: 7,
    retrySeconds: 15,
    /** SQS delays no message longer. */
    retrySecondsMost: 900,
    timeoutSeconds: 10,
    answerOctets: 16_384,
  },
  /** What a trace record lists; more are counted on by their own records. */
  trace: { recipientsListed: 50 },
  /** Mail filtering scripts (RFC 5228 §2.10.4, §2.10.7, §10, RFC 9661 §5). Past a bound a script is refused when it is stored, or the message kept when it runs. */
  sieve: {
    scriptOctets: 64 * 1024,
    scripts: 16,
    scriptNameOctets: 512,
    tokens: 20_000,
    depth: 15,
    redirects: 4,
    actions: 32,
    variables: 128,
    variableOctets: 4_096,
    matchOctets: 100_000,
    vacationDaysMin: 1,
    vacationDaysMax: 31,
    vacationDaysDefault: 7,
    /** Longest that an id is remembered for the duplicate test; a longer wish is shortened. */
    duplicateSecondsMax: 90 * 24 * 3600,
  },
  /** The search index. Mail past `messagesPerSegment` waits for the next round; mail not yet indexed is read to be searched, up to `directMessages`. */
  search: {
    messagesPerSegment: 500,
    readsAtOnce: 16,
    directMessages: 2_000,
    indexEveryMessages: 256,
    indexDelaySeconds: 300,
    /** One run of the index stage; what is left comes again from the queue. */
    indexSeconds: 100,
    cachedOctets: 96 * 1024 * 1024,
    /** Of one attached document; what lies behind is not searched. */
    documentPages: 300,
    documentCharacters: 500_000,
    documentSeconds: 10,
  },
  /**
   * Read receipts (RFC 9007). Past a bound one is refused (rateLimit, overQuota, tooManyRecipients, tooLarge, invalidProperties); of one
   * that arrives, what lies behind is not read.
   */
  mdn: {
    perHour: 500,
    octetsPerHour: 200 * 1024 * 1024,
    recipients: 5,
    textOctets: 256 * 1024,
    fieldOctets: 2_000,
    extensionFields: 50,
    reportOctets: 64 * 1024,
    /** Emails of a thread among which the one that a report is about is looked for. */
    emailsOfThread: 200,
    /** Reports noted on one EmailSubmission; later ones are only filed. */
    reportsKept: 100,
  },
  /** Who claimed a message to send has it alone for `claimSeconds`, which is longer than the function lives. */
  outbound: { recipientsPerCall: 50, messageOctets: 40 * 1024 * 1024, receivedHops: 50, claimSeconds: 90 },
  /** `deletedEmailDays`: how long a destroyed Email's id is known as such; a queue keeps a job for 14 days. */
  retention: { traceDays: 90, uploadHours: 24, quarantineDays: 30, deletedEmailDays: 15 },
  quota: { defaultOctets: 4 * 1024 * 1024 * 1024 },
} as const;
