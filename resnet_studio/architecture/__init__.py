"""The network as plain data: specification, catalogue, graph, arithmetic. No torch, no Qt."""
