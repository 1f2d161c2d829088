"""Keys of the admin API: shown once, stored as a hash, revoked but never deleted (design §6)."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import constant_time_compare

PREFIX = "rw"
USE_GRAIN = timedelta(minutes=1)  # the last use is written no oftener


def digest_of(secret: str) -> str:
    """What is stored of a secret. It is random and long, so a plain fast hash leaves nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


class AdminKey(models.Model):
    """`rw_<public id>_<secret>`: the id finds the row, the hash of the secret proves the key."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100, unique=True, help_text="who or what uses it")
    public_id = models.CharField(max_length=16, unique=True, help_text="the part of the key that may be seen")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "parks"
        db_table = "admin_keys"

    def __str__(self) -> str:
        return f"{self.name} ({PREFIX}_{self.public_id}_…)"

    @classmethod
    def issue(cls, name: str) -> tuple["AdminKey", str]:
        """A key and its text, which nobody can read again. Raises IntegrityError when the name is taken."""
        public_id, secret = secrets.token_hex(8), secrets.token_hex(32)
        key = cls.objects.create(name=name, public_id=public_id, digest=digest_of(secret))
        return key, f"{PREFIX}_{public_id}_{secret}"

    @classmethod
    def find(cls, text: str, now: datetime) -> "AdminKey | None":
        """The valid key that `text` is; its use is noted. None for an unknown, wrong or revoked one."""
        prefix, _, rest = text.partition("_")
        public_id, _, secret = rest.partition("_")
        key = cls.objects.filter(public_id=public_id).first() if prefix == PREFIX and public_id.isalnum() else None
        # Compared even when nothing was found: the time it takes says nothing.
        is_right = constant_time_compare(key.digest if key else digest_of(""), digest_of(secret))
        if key is None or not is_right or key.revoked_at is not None:
            return None
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_GRAIN)
        cls.objects.filter(stale, pk=key.pk).update(last_used_at=now)
        return key

    def revoke(self) -> bool:
        """Make it useless for good; False when it was already."""
        return bool(AdminKey.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now()))
