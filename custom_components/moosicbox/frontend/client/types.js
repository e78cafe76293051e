/**
 * The shapes that travel over the wire, as far as the browser side reads them.
 * Names are the protocol's own.
 */

/** @typedef {{epoch: string, offset: number}} Position */
/** @typedef {Record<string, Position>} Positions */

/**
 * Any message; `type` says which.
 * @typedef {{type: string, [field: string]: any}} Message
 */

/**
 * @typedef {object} Track
 * @property {string} track_id
 * @property {string | null} [title]
 * @property {string | null} [artist]
 * @property {string | null} [album]
 * @property {number | null} [duration]
 * @property {string | null} [artwork_url]
 * @property {string | null} [media_content_id]
 * @property {string | null} [stream_url] only in what a player is told to play
 */

/** @typedef {"play" | "pause" | "stop"} TransportCommand */

/**
 * @typedef {object} SynchronizedPlayback
 * @property {TransportCommand} command
 * @property {string | null} [queue_item_id]
 * @property {Track | null} [track]
 * @property {number} [start_position]
 * @property {number} [sync_time_us]
 * @property {number} [rate]
 * @property {string | null} [room_id]
 */

/**
 * @typedef {object} PlaybackStatus
 * @property {string} [player_id]
 * @property {boolean} is_playing
 * @property {string} state
 * @property {Track | null} current_track
 * @property {string | null} [queue_item_id]
 * @property {number} position_seconds
 * @property {number} anchor_us
 * @property {number} rate
 * @property {number | null} duration_seconds
 * @property {number} volume
 * @property {boolean} muted
 * @property {boolean} [shuffle]
 * @property {string} [repeat]
 * @property {number} [queue_length]
 * @property {number} [queue_revision]
 */

/**
 * @typedef {object} PlayerInfo
 * @property {string} player_id
 * @property {string} name
 * @property {boolean} available
 * @property {string[]} [capabilities]
 * @property {string | null} [room_id]
 * @property {string | null} [entity_id]
 * @property {number} [output_delay_ms]
 */

/**
 * @typedef {object} RoomInfo
 * @property {string} room_id
 * @property {string} name
 * @property {string | null} description
 * @property {boolean} is_public
 * @property {number} participants
 * @property {number} max_participants
 */

/** @typedef {"host" | "dj" | "guest" | "listener"} Role */

/**
 * @typedef {object} Participant
 * @property {string} user_id
 * @property {string} username
 * @property {string} client_id
 * @property {string} [player_id]
 * @property {Role} role
 * @property {boolean} ready
 * @property {boolean} lagging
 * @property {string} joined_at
 * @property {number | null} [sync_error_ms] how far what it plays is from the room
 */

/**
 * @typedef {object} ChatLine
 * @property {string} message_id
 * @property {string} user_id
 * @property {string} username
 * @property {string} message
 * @property {string} sent_at
 */

/**
 * @typedef {object} QueueItem
 * @property {string} queue_item_id
 * @property {Track} track
 * @property {{id: string, name: string}} added_by
 * @property {string} added_at
 * @property {"user" | "autoplay" | "host"} origin
 * @property {"pending" | "playing" | "played" | "skipped"} state
 * @property {number} votes
 */

/**
 * @typedef {object} QueuePage
 * @property {string} epoch
 * @property {number} revision
 * @property {number | null} current_index
 * @property {string | null} current_item_id
 * @property {QueueItem[]} items
 * @property {number} total
 * @property {number} offset
 */

/**
 * @typedef {{op: "add", index: number, items: QueueItem[]}
 *   | {op: "remove", queue_item_ids: string[]}
 *   | {op: "move", queue_item_id: string, index: number}
 *   | {op: "clear"} | {op: "reset"}
 *   | {op: "current", queue_item_id: string | null}
 *   | {op: "update", queue_item_id: string, state?: QueueItem["state"], votes?: number}} QueueOp
 */

/**
 * @typedef {object} ScanProgress
 * @property {number} scanned
 * @property {number} total
 * @property {number} added
 * @property {number} changed
 * @property {number} removed
 */

/** @typedef {"playing" | "paused" | "buffering" | "idle" | "error"} PlayerState */

/**
 * @typedef {object} ClientInfo
 * @property {string} name
 * @property {"player" | "controller" | "monitor"} kind
 * @property {string} [player_id]
 * @property {string} [version]
 * @property {string[]} [capabilities]
 * @property {number} [lead_ms]
 * @property {number} [output_delay_ms]
 */

export {};
