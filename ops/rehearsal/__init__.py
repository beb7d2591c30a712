"""What the demo and the tests rehearse on: a stand-in of Railway, a Pulumi project of its own."""
