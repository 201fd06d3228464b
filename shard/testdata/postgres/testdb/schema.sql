CREATE TABLE orders (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer text    NOT NULL,
    cents    integer NOT NULL
);
CREATE TABLE refunds (
    customer text    NOT NULL,
    cents    integer NOT NULL
);
