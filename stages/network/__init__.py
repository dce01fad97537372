"""The agent's network: torso, autoregressive policy head, quantile value head (AlphaTensor, Methods, Ext. Data 3-5)."""
