/**
 * What the hub answers to a request: the `data` of its `result`, or the message that stands in for one.
 *
 * Written by hand after `result.…` in `docs/protocol/schema.json`; only answers that the browser side reads are here.
 */
import type { ClientMessage, Position, QueuePage, ServerMessages, SmartRules } from "./messages.js";

export interface Results {
  subscribe: { positions: Record<string, Position> };
  refresh: { expires_at?: string };
  ping: ServerMessages["pong"];
  time_sync: ServerMessages["time_sync"];
  stream_request: { stream_url: string; expires_at: string | null };
  get_metrics: Metrics;
  get_clients: { clients: ConnectedClient[] };
  library_request: LibraryResult;
  room_chat: { message_id: string };
  "queue_command.add": { revision: number; queue_item_ids: string[] };
  "queue_command.song_radio": { revision: number; queue_item_ids: string[] };
  "queue_command.get": { queue: QueuePage };
  "household_command.save_alarm": { alarm_id: string; next_at: string | null };
  "household_command.skip_alarm": { alarm_id: string; next_at: string | null };
  "household_command.take_snapshot": { snapshot_id: string };
  "household_command.restore_snapshot": { missing: string[] };
  "household_command.announce": {
    announcement_id: string;
    players: string[];
    refused: { player_id?: string; room_id?: string; error: string; message: string }[];
  };
  "household_command.save_follower": { follower_id: string };
  "household_command.save_rule": { rule_id: string };
  "household_command.set_sleep_timer": { ends_at: string | null };
  "room_command.create": { room_id: string };
  "room_command.invite": { invite: string; url: string; expires_at: string };
  "room_command.get": RoomDetails;
  "room_command.join": RoomDetails;
}

/** The fields of `room_state`, as an answer. */
export type RoomDetails = Omit<ServerMessages["room_state"], "type" | "topic" | "snapshot">;

export interface Metrics {
  active_connections: number;
  messages_received: number;
  messages_sent: number;
  average_latency_ms: number | null;
  /** How many connections ended, by close code. */
  disconnects: Record<string, number>;
}

export interface ConnectedClient {
  client_id: string;
  name: string;
  kind: string;
  username: string;
  transport: string;
  address: string;
  connected_at: string;
  latency_ms: number | null;
  messages_received: number;
  messages_sent: number;
}

export interface LibraryResult {
  items?: LibraryItem[];
  item?: LibraryItem;
  total?: number;
  next_cursor?: string | null;
}

export type LibraryKind = "artist" | "album" | "track" | "genre" | "playlist" | "station" | "podcast" | "episode" | "book";

/** A track, album, artist, genre, playlist or radio station. Which fields it has depends on its kind. */
export interface LibraryItem {
  track_id?: string;
  album_id?: string;
  artist_id?: string;
  genre_id?: string;
  playlist_id?: string;
  station_id?: string;
  podcast_id?: string;
  /** Set on results of a search. */
  kind?: LibraryKind;
  /** Of a track or an album. */
  title?: string;
  /** Of an artist, a genre, a playlist or a radio station. */
  name?: string;
  artist?: string | null;
  /** Of an episode. */
  published_at?: string | null;
  description?: string | null;
  position?: number;
  played?: boolean;
  my_position?: number;
  my_played?: boolean;
  /** Of an audiobook: the seconds that were heard. */
  heard?: number;
  my_heard?: number;
  /** Of a podcast. */
  author?: string | null;
  episode_count?: number;
  error?: string | null;
  /** Of a radio station. */
  url?: string;
  country?: string | null;
  genre?: string | null;
  album?: string | null;
  year?: number | null;
  duration?: number | null;
  track_number?: number | null;
  album_count?: number;
  track_count?: number;
  artwork_url?: string | null;
  favourite?: boolean;
  my_favourite?: boolean;
  my_play_count?: number;
  /** In the history. */
  played_at?: string;
  /** A playlist with rules. */
  smart?: boolean;
  /** Of one smart playlist that was asked for. */
  rules?: SmartRules;
  available?: boolean;
  /** Of one album or playlist that was asked for. */
  tracks?: LibraryItem[];
}

type NameOf<Message> = Message extends { type: infer Type extends string; action: infer Action extends string }
  ? `${Type}.${Action}`
  : Message extends { type: infer Type extends string }
    ? Type
    : never;

/** The answer to a message; an object of unknown fields where none is declared above. */
export type ResultOf<Message extends ClientMessage> =
  NameOf<Message> extends keyof Results ? Results[NameOf<Message>] : Record<string, unknown>;
