CREATE TABLE stock (item text PRIMARY KEY, pieces int NOT NULL);
INSERT INTO stock VALUES ('cup', 3), ('plate', 5);
