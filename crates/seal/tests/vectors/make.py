"""Writes v1.json: the formats of README.md made a second time, with Python's `cryptography`, from fixed keys and nonces.

Run by hand when a format gets a new version: python3 make.py > v1.json
"""
import hashlib, hmac, json, struct, uuid
from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PARTITION = uuid.UUID("0198c0de-0000-7000-8000-000000000001").bytes
KEY_ID = uuid.UUID("0198c0de-0000-7000-8000-0000000000aa").bytes
MASTER, DATA_KEY, SEED = bytes(range(32)), b"\x11" * 32, b"\x22" * 32
NAME, TEXT = "Nguyễn Thị Hường".encode(), "Bản kê khai tài sản, thu nhập".encode()


def bind(*fields):
    return b"".join(struct.pack(">Q", len(field)) + field for field in fields)


def gcm(key, nonce, aad, plaintext):
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def hkdf(secret, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def wrap(kid, purpose, generation, secret):
    header = bytes([1, purpose]) + struct.pack(">I", generation)
    aad = bind(b"minhbach-wrapped-key-v1", header, PARTITION, KEY_ID)
    master_aad = bind(b"minhbach-master-v1", kid.encode(), aad)
    return header + bytes([len(kid)]) + kid.encode() + gcm(MASTER, b"\x33" * 12, master_aad, secret)


def subkey(purpose):
    return hkdf(DATA_KEY, b"minhbach-data-key-v1", bind(purpose, PARTITION, struct.pack(">I", 1)))


def cell(table, row, column, plaintext):
    header = b"\x01" + struct.pack(">I", 1)
    aad = bind(b"minhbach-cell-v1", header, PARTITION, table, row, column)
    return header + gcm(subkey(b"cell"), b"\x44" * 12, aad, plaintext)


def file(name, plaintext, chunk=1 << 20):
    salt = b"\x55" * 32
    header = b"MBF\x01" + struct.pack(">I", 1) + salt
    key = hkdf(subkey(b"file"), salt, b"minhbach-file-v1")
    aad = bind(b"minhbach-file-v1", header, PARTITION, name)
    chunks = [plaintext[at : at + chunk] for at in range(0, len(plaintext), chunk)] or [b""]
    nonces = (bytes(7) + struct.pack(">I", i) + bytes([i == len(chunks) - 1]) for i in range(len(chunks)))
    return header + b"".join(AESGCM(key).encrypt(nonce, piece, aad) for nonce, piece in zip(nonces, chunks))


def blind(column, value):
    tag = b"minhbach-blind-index-v1"
    return hmac.new(hkdf(subkey(b"index"), tag, bind(tag, column)), value, hashlib.sha256).digest()


kid = hmac.new(MASTER, b"minhbach-kid-v1", hashlib.sha256).hexdigest()[:16]
print(json.dumps({
    "key_file": {"format": "minhbach-keys/1", "keys": [{"kid": kid, "key": b64encode(MASTER).decode()}]},
    "data_key": wrap(kid, 1, 1, DATA_KEY).hex(),
    "signing_key": wrap(kid, 2, 1, SEED).hex(),
    "cell": cell(b"person", b"0001", b"name", NAME).hex(),
    "file": file(b"file-1", TEXT).hex(),
    "blind_tag": blind(b"person.id_no", b"001085012345").hex(),
    "signature": Ed25519PrivateKey.from_private_bytes(SEED).sign(TEXT).hex(),
}, indent=1))
