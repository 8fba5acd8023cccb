-- One account for each identity on the list, opened by its certificate alone. What each may do is
-- granted apart.
{% for peer in allow if peer.cn %}
create user '{{ peer.cn }}'@'%' require subject '{{ peer.oneline }}';
{% endfor %}
