"""The rows of all tables: a frozen dataclass each, whose fields are its columns. `contract.tables` reads and writes."""
