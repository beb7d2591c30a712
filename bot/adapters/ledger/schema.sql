CREATE TABLE trade_events (
  seq INTEGER PRIMARY KEY,
  frame INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  market_id TEXT,
  strategy_id TEXT,
  order_hash TEXT,
  content TEXT NOT NULL,
  decisions TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE INDEX trade_events_market ON trade_events (market_id, seq) WHERE market_id IS NOT NULL;

CREATE TABLE ledger_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL,
  frame INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  decisions TEXT NOT NULL,
  hash TEXT NOT NULL,
  intents INTEGER NOT NULL,
  orders INTEGER NOT NULL,
  fills INTEGER NOT NULL,
  denied INTEGER NOT NULL
) STRICT;

CREATE TABLE markets (
  market_id TEXT PRIMARY KEY,
  slug TEXT NOT NULL,
  asset TEXT NOT NULL,
  start_us INTEGER NOT NULL,
  end_us INTEGER NOT NULL,
  up_token TEXT NOT NULL,
  down_token TEXT NOT NULL,
  tick_micros INTEGER NOT NULL,
  size_min_micros INTEGER NOT NULL,
  fee_rate_micros INTEGER NOT NULL,
  fee_exponent INTEGER NOT NULL,
  fee_taker_only INTEGER NOT NULL,
  version TEXT NOT NULL,
  accepting_orders INTEGER NOT NULL,
  winner TEXT,
  listed_seq INTEGER NOT NULL,
  changed_seq INTEGER NOT NULL,
  settled_seq INTEGER,
  settled_us INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX markets_settled ON markets (settled_seq);

CREATE TABLE trade_intents (
  seq INTEGER PRIMARY KEY,
  intent_id TEXT NOT NULL UNIQUE,
  intent_type TEXT NOT NULL CHECK (intent_type IN ('open_position', 'close_position')),
  status TEXT NOT NULL CHECK (status IN ('pending', 'executing', 'completed', 'failed')),
  strategy_id TEXT NOT NULL,
  strategy_hash TEXT NOT NULL,
  components TEXT NOT NULL,
  window_id TEXT,
  market_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  side TEXT NOT NULL,
  order_type TEXT NOT NULL,
  price_micros INTEGER NOT NULL,
  quantity_unit TEXT NOT NULL,
  quantity_micros INTEGER NOT NULL,
  signal TEXT NOT NULL,
  probability_micros INTEGER NOT NULL,
  bid_at_signal_micros INTEGER NOT NULL,
  ask_at_signal_micros INTEGER NOT NULL,
  depth_at_signal_micros INTEGER NOT NULL,
  expected_price_micros INTEGER NOT NULL,
  expected_fee_micros INTEGER NOT NULL,
  diagnostic_flags TEXT NOT NULL,
  order_hash TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  completed_us INTEGER,
  result TEXT
) STRICT;

CREATE TABLE orders (
  seq INTEGER PRIMARY KEY,
  order_hash TEXT NOT NULL UNIQUE,
  intent_id TEXT NOT NULL REFERENCES trade_intents (intent_id),
  strategy_id TEXT NOT NULL,
  strategy_hash TEXT NOT NULL,
  components TEXT NOT NULL,
  window_id TEXT,
  market_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  side TEXT NOT NULL,
  order_type TEXT NOT NULL,
  price_micros INTEGER NOT NULL,
  size_micros INTEGER NOT NULL,
  filled_size_micros INTEGER NOT NULL,
  filled_notional_micros INTEGER NOT NULL,
  avg_fill_price_micros INTEGER,
  fees_micros INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  submitted_us INTEGER NOT NULL,
  acked_us INTEGER,
  latency_us INTEGER,
  filled_us INTEGER,
  closed_us INTEGER,
  changed_seq INTEGER NOT NULL
) STRICT;

CREATE INDEX orders_open ON orders (seq) WHERE status IN ('in_flight', 'open', 'unknown');

CREATE TABLE fills (
  seq INTEGER PRIMARY KEY,
  fill_id TEXT NOT NULL UNIQUE,
  order_hash TEXT NOT NULL REFERENCES orders (order_hash),
  intent_id TEXT NOT NULL,
  strategy_id TEXT NOT NULL,
  strategy_hash TEXT NOT NULL,
  components TEXT NOT NULL,
  window_id TEXT,
  market_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  side TEXT NOT NULL,
  price_micros INTEGER NOT NULL,
  size_micros INTEGER NOT NULL,
  notional_micros INTEGER NOT NULL,
  fee_micros INTEGER NOT NULL,
  liquidity TEXT NOT NULL,
  filled_us INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('provisional', 'confirmed', 'voided'))
) STRICT;

CREATE TABLE positions (
  strategy_id TEXT NOT NULL,
  market_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  window_id TEXT,
  token_id TEXT,
  side TEXT NOT NULL,
  size_micros INTEGER NOT NULL,
  cost_micros INTEGER NOT NULL,
  entry_price_micros INTEGER NOT NULL,
  pnl_micros INTEGER NOT NULL,
  fees_micros INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
  opened_us INTEGER NOT NULL,
  closed_us INTEGER,
  close_price_micros INTEGER,
  opened_seq INTEGER NOT NULL,
  changed_seq INTEGER NOT NULL,
  PRIMARY KEY (market_id, strategy_id, outcome)
) STRICT, WITHOUT ROWID;

CREATE INDEX positions_open ON positions (changed_seq) WHERE size_micros > 0;

CREATE TABLE settlements (
  seq INTEGER PRIMARY KEY,
  market_id TEXT NOT NULL,
  strategy_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  window_id TEXT,
  winner TEXT NOT NULL,
  size_micros INTEGER NOT NULL,
  cost_micros INTEGER NOT NULL,
  payout_micros INTEGER NOT NULL,
  profit_micros INTEGER NOT NULL,
  settled_us INTEGER NOT NULL,
  UNIQUE (market_id, strategy_id, outcome)
) STRICT;

CREATE TABLE cash (
  seq INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('deposit', 'fill', 'reversal', 'settlement')),
  change_micros INTEGER NOT NULL,
  cash_micros INTEGER NOT NULL,
  equity_micros INTEGER NOT NULL,
  market_id TEXT
) STRICT;

CREATE TABLE strategy_instances (
  strategy_id TEXT NOT NULL,
  strategy_hash TEXT NOT NULL,
  base_strategy_id TEXT,
  probability_component TEXT,
  entry_component TEXT,
  sizing_component TEXT,
  exit_component TEXT,
  filter_components TEXT NOT NULL,
  component_hashes TEXT NOT NULL,
  config TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  seq INTEGER NOT NULL,
  PRIMARY KEY (strategy_id, strategy_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE daily_performance (
  date TEXT PRIMARY KEY,
  starting_balance_micros INTEGER NOT NULL,
  current_balance_micros INTEGER NOT NULL,
  equity_micros INTEGER NOT NULL,
  peak_equity_micros INTEGER NOT NULL,
  realized_pnl_micros INTEGER NOT NULL,
  unrealized_pnl_micros INTEGER NOT NULL,
  fees_micros INTEGER NOT NULL,
  drawdown_micros INTEGER NOT NULL,
  max_drawdown_micros INTEGER NOT NULL,
  drawdown_pct_micros INTEGER NOT NULL,
  max_drawdown_pct_micros INTEGER NOT NULL,
  trades_count INTEGER NOT NULL,
  wins INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  updated_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE boots (
  boot INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  session TEXT NOT NULL,
  mode TEXT NOT NULL,
  deployment_id TEXT NOT NULL,
  versions TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  recording_hash TEXT NOT NULL,
  strategy_hash TEXT NOT NULL,
  seed INTEGER NOT NULL,
  starting_cash_micros INTEGER NOT NULL,
  device INTEGER NOT NULL,
  started_us INTEGER NOT NULL,
  previous_deployment_id TEXT NOT NULL,
  previous_seq INTEGER NOT NULL,
  previous_hash TEXT NOT NULL,
  stopped_seq INTEGER,
  stop_reason TEXT
) STRICT;

CREATE TABLE denials (
  market_id TEXT NOT NULL,
  strategy_id TEXT NOT NULL,
  limit_name TEXT NOT NULL,
  value TEXT NOT NULL,
  bound TEXT NOT NULL,
  count INTEGER NOT NULL,
  intent_id TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  PRIMARY KEY (market_id, strategy_id, limit_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE anomalies (
  kind TEXT NOT NULL,
  detail TEXT NOT NULL,
  count INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  PRIMARY KEY (kind, detail)
) STRICT, WITHOUT ROWID;

CREATE TABLE drifts (
  seq INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  cause TEXT NOT NULL,
  subject TEXT NOT NULL,
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  action TEXT NOT NULL
) STRICT;

CREATE TABLE trading_states (
  seq INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  state TEXT NOT NULL,
  cause TEXT NOT NULL
) STRICT;

CREATE TABLE alerts (
  alert INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  dedup_key TEXT NOT NULL,
  title TEXT NOT NULL,
  detail TEXT NOT NULL,
  runbook TEXT NOT NULL,
  repeats INTEGER NOT NULL,
  last_us INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'sent', 'muted', 'given_up'))
) STRICT;

CREATE INDEX alerts_open ON alerts (alert) WHERE state = 'open';

CREATE INDEX alerts_key ON alerts (dedup_key, alert);

CREATE TABLE deliveries (
  alert INTEGER NOT NULL REFERENCES alerts (alert) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  sent_us INTEGER NOT NULL,
  PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE equity_marks (
  seq INTEGER PRIMARY KEY,
  at_us INTEGER NOT NULL,
  cause TEXT NOT NULL,
  equity_micros INTEGER NOT NULL,
  peak_micros INTEGER NOT NULL,
  day TEXT NOT NULL,
  day_start_micros INTEGER NOT NULL,
  losses_in_a_row INTEGER NOT NULL,
  results TEXT NOT NULL,
  broken TEXT NOT NULL,
  marks TEXT NOT NULL
) STRICT;

CREATE TABLE chain_actions (
  action TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  phase TEXT NOT NULL,
  subjects TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  reference TEXT NOT NULL,
  detail TEXT NOT NULL,
  planned_seq INTEGER NOT NULL,
  planned_us INTEGER NOT NULL,
  changed_seq INTEGER NOT NULL,
  changed_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX chain_actions_open ON chain_actions (planned_seq)
  WHERE phase NOT IN ('done', 'failed');

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO alembic_version (version_num) VALUES ('0004');
