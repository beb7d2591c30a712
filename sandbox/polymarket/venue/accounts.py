"""Who may trade, and with what: API keys, wallets, balances, allowances, locks."""

from dataclasses import dataclass, field

from eth_account import Account as KeyAccount

from sandbox.polymarket.signing.addresses import (
    CTF,
    CTF_OPERATORS,
    ERC20_SPENDERS,
    POSITION_MANAGER,
    POSITION_OPERATORS,
    PUSD,
    WalletKind,
    is_position_id,
    wallets_of,
)
from sandbox.polymarket.signing.secrets import Credentials, derive

INFINITE = 2**256 - 1


@dataclass(slots=True)
class Session:
    """A key that may sign for a deposit wallet until `valid_until_s`."""

    address: str
    valid_until_s: int
    scopes: list[str]


@dataclass(slots=True)
class Wallet:
    """One wallet on the chain. Amounts in millionths.

    `cash` and `tokens` are what the chain says; `cash_locked` and `tokens_locked` are promised to
    matches that the chain has not seen yet ("sum of matched orders").
    """

    address: str
    owner: str
    kind: WalletKind
    deployed: bool = False
    cash: int = 0
    tokens: dict[str, int] = field(default_factory=dict)
    cash_locked: int = 0
    tokens_locked: dict[str, int] = field(default_factory=dict)
    allowances: dict[str, int] = field(default_factory=dict)
    operators: dict[str, bool] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    nonce: int = 0
    reported: dict[str, int] = field(default_factory=dict)
    """Balances as the venue's cache last saw them: the fault `stale-balance`."""
    entry_usd: dict[str, int] = field(default_factory=dict)
    entry_shares: dict[str, int] = field(default_factory=dict)
    entry_fees: dict[str, int] = field(default_factory=dict)
    realized: dict[str, int] = field(default_factory=dict)

    def approve_all(self) -> None:
        """Give every contract of the venue what a set-up call would."""
        self.allowances = {f"{PUSD}/{spender}".lower(): INFINITE for spender in ERC20_SPENDERS}
        pairs = [(CTF, operator) for operator in CTF_OPERATORS]
        pairs += [(POSITION_MANAGER, operator) for operator in POSITION_OPERATORS]
        self.operators = {f"{token}/{operator}".lower(): True for token, operator in pairs}

    def allowance(self, spender: str) -> int:
        """Return how much pUSD a contract may take."""
        return self.allowances.get(f"{PUSD}/{spender}".lower(), 0)

    def may_move(self, token: str, operator: str) -> bool:
        """Say whether a contract may move an outcome token."""
        holder = POSITION_MANAGER if is_position_id(token) else CTF
        return self.operators.get(f"{holder}/{operator}".lower(), False)

    def spend_allowance(self, spender: str, amount: int) -> None:
        """Use up allowance; an infinite one stays infinite."""
        left = self.allowance(spender)
        if left != INFINITE:
            self.allowances[f"{PUSD}/{spender}".lower()] = max(0, left - amount)


@dataclass(slots=True)
class ApiKey:
    """Credentials the venue has handed out, and what it thinks of their owner."""

    credentials: Credentials
    eoa: str
    nonce: int


@dataclass(slots=True)
class Trader:
    """One key's address and its standing."""

    eoa: str
    tier: str = "Standard"
    closed_only: bool = False
    banned: bool = False
    keys_made: int = 0


@dataclass(slots=True)
class Accounts:
    """Everybody the venue knows."""

    seed: bytes
    traders: dict[str, Trader] = field(default_factory=dict)
    wallets: dict[str, Wallet] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)

    def trader(self, eoa: str) -> Trader:
        """Return a trader, known from now on; their wallets exist as addresses only."""
        known = self.traders.get(eoa.lower())
        if known is None:
            known = self.traders[eoa.lower()] = Trader(wallets_of(eoa).eoa)
            for address, kind in wallets_of(eoa).kinds().items():
                self.wallets.setdefault(address, Wallet(address, eoa.lower(), kind))
            self.wallets[eoa.lower()].deployed = True
        return known

    def fund(self, eoa: str, cash: int) -> None:
        """Deploy, fund and approve the wallets of a key; the uups one stays undeployed."""
        self.trader(eoa)
        wallets = wallets_of(eoa)
        for address in (wallets.eoa, wallets.proxy, wallets.safe, wallets.beacon):
            wallet = self.wallets[address.lower()]
            wallet.deployed = True
            wallet.cash += cash
            wallet.approve_all()

    def wallet(self, address: str) -> Wallet | None:
        """Look a wallet up."""
        return self.wallets.get(address.lower())

    def key_of(self, eoa: str, nonce: int) -> ApiKey | None:
        """Return the API key that an address holds under a nonce."""
        for key in self.keys.values():
            if key.eoa.lower() == eoa.lower() and key.nonce == nonce:
                return key
        return None

    def new_key(self, eoa: str, nonce: int) -> ApiKey:
        """Hand out credentials; a key made again after its deletion is another one."""
        trader = self.trader(eoa)
        label = f"{eoa.lower()}/{nonce}/{trader.keys_made}"
        trader.keys_made += 1
        key = ApiKey(derive(self.seed, label), trader.eoa, nonce)
        self.keys[key.credentials.key] = key
        return key

    def may_sign(self, wallet: Wallet, signer: str, now_s: int, *, session: bool) -> bool:
        """Say whether a recovered key may sign for a wallet, itself or as a session."""
        if not session:
            return wallet.owner == signer.lower()
        return any(
            entry.address.lower() == signer.lower()
            and entry.valid_until_s > now_s
            and {"ALL", "CLOB"} & set(entry.scopes)
            for entry in wallet.sessions
        )


def private_key(seed: bytes, label: str) -> str:
    """Return the private key of a test account: worthless, and the same for the same seed."""
    return "0x" + derive(seed, f"account/{label}").passphrase


def address_of(key: str) -> str:
    """Return the address of a private key."""
    return str(KeyAccount.from_key(key).address)
